/** Ends an interpreter with words that are recorded; no version of anything has a say in them. */
export class InterpreterStopped extends Error {
  override readonly name = 'InterpreterStopped';
}

/** It asked for what no capsule has: JavaScript, libraries, signals. */
export function denied(): never {
  throw new InterpreterStopped('the interpreter asked for what no capsule has');
}

/** It ended itself, by `os._exit` or because it found itself broken. */
export function exited(): never {
  throw new InterpreterStopped('the interpreter ended');
}
