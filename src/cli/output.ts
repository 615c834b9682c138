import { writeSync } from 'node:fs';

/** Waits this long, in milliseconds, before it writes again to a pipe that is full; each time in a row twice as long, up to the most. */
const FULL_PIPE_WAIT = { least: 0.05, most: 3.2 };

/**
 * Writes all of `text` to standard output (1) or standard error (2), and returns when the system has taken it. So a process
 * may exit at any time without cutting its output short, and needs no stream, which costs 3 ms to set up.
 *
 * @returns false when the reader is gone (`vnes ... | head`), which is no error.
 */
export function writeAll(stream: 1 | 2, text: string): boolean {
  const bytes = Buffer.from(text, 'utf8');
  let written = 0;
  let wait = FULL_PIPE_WAIT.least;
  while (written < bytes.length) {
    try {
      written += writeSync(stream, bytes, written);
      wait = FULL_PIPE_WAIT.least;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE' || code === 'EBADF') return false;
      if (code !== 'EAGAIN') throw error;
      pause(wait);
      wait = Math.min(wait * 2, FULL_PIPE_WAIT.most);
    }
  }
  return true;
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
