/** Bytes that go beside a message, each array once. */
export class BlobList {
  readonly items: Uint8Array[] = [];
  private readonly indices = new Map<Uint8Array, number>();

  /** Index of the bytes. */
  add(bytes: Uint8Array): number {
    const known = this.indices.get(bytes) ?? this.items.push(bytes) - 1;
    this.indices.set(bytes, known);
    return known;
  }
}
