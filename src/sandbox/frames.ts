/**
 * Frames on a pipe: u32 length of a JSON text, u32 number of blobs, the text, then each blob with its u32 length. All numbers
 * are big-endian, all lengths in bytes.
 */
const HEADER = 8;

/** A message as bytes, in one part where it has no blobs; `blobs` of it go beside the JSON. */
export function encodeFrame(message: object): Uint8Array[] {
  const { blobs = [], ...rest } = message as { blobs?: readonly Uint8Array[] };
  const text = JSON.stringify(rest);
  const size = Buffer.byteLength(text);
  const head = Buffer.allocUnsafe(HEADER + size);
  head.writeUInt32BE(size);
  head.writeUInt32BE(blobs.length, 4);
  head.write(text, HEADER);
  const parts: Uint8Array[] = [head];
  for (const blob of blobs) parts.push(numbers(blob.length), blob);
  return parts;
}

/** Reads one frame by asking `take` for exactly so many bytes at a time. */
export function readFrame(take: (size: number) => Buffer): object {
  const header = take(HEADER);
  const text = take(header.readUInt32BE(0)).toString('utf8');
  const blobs = Array.from({ length: header.readUInt32BE(4) }, () => take(take(4).readUInt32BE(0)));
  return { ...JSON.parse(text), blobs };
}

/** Collects chunks from a sandbox and cuts them into texts. Frames with blobs or beyond `maxBytes` are refused. */
export class FrameCutter {
  private chunks: Buffer[] = [];
  private held = 0;
  private wanted = HEADER;
  private readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The texts that are complete with this chunk. @throws RangeError */
  push(chunk: Buffer): string[] {
    this.chunks.push(chunk);
    this.held += chunk.length;
    const texts: string[] = [];
    while (this.held >= this.wanted) {
      const all = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
      const size = all.readUInt32BE(0);
      if (size > this.maxBytes || all.readUInt32BE(4) !== 0) throw new RangeError(`a frame of ${size} bytes`);
      this.wanted = HEADER + size;
      this.chunks = [all];
      if (all.length < this.wanted) break;
      texts.push(all.toString('utf8', HEADER, this.wanted));
      this.keep(all.subarray(this.wanted));
    }
    return texts;
  }

  private keep(rest: Buffer): void {
    this.chunks = rest.length > 0 ? [rest] : [];
    this.held = rest.length;
    this.wanted = HEADER;
  }
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}
