/** JSON pointers (RFC 6901). */

/** A pointer from its parts. */
export function toPointer(parts: readonly (string | number)[]): string {
  return parts.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The parts of a pointer; none for the whole document. */
export function pointerParts(pointer: string): readonly string[] {
  const [, ...parts] = pointer.split('/');
  return parts.map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
