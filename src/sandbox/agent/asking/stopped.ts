/** Ends an interpreter or a program with words that are recorded; no version of anything has a say in them. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** What it asked for is nothing that can be asked. */
export function malformed(): never {
  throw new Stopped('a request to the host was malformed');
}
