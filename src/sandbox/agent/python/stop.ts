import { Stopped } from '../asking/stopped.ts';

/** It asked for what no capsule has: JavaScript, libraries, signals. */
export function denied(): never {
  throw new Stopped('the interpreter asked for what no capsule has');
}

/** It ended itself, by `os._exit` or because it found itself broken. */
export function exited(): never {
  throw new Stopped('the interpreter ended');
}
