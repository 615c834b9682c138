import path from 'node:path';
import type { Walk } from '../capsule/inventory.ts';
import { walkCapsule } from '../capsule/walk.ts';

/** Capsule folders to read, as every thread gets them. */
export interface Task {
  readonly folders: readonly string[];
  /** What they are relative to. */
  readonly cwd: string;
  /** How many a thread takes at a time. */
  readonly share: number;
  /** How many were taken, and how many were examined; shared by all threads. */
  readonly progress: Int32Array;
}

const TAKEN = 0;
const EXAMINED = 1;

/** Folders that are read ahead of their examination, at most: what is kept of them takes memory. */
const AHEAD = 64;

/** What was read of some folders in a row, the first of which has the index `first`. */
export interface Share {
  readonly first: number;
  readonly walks: readonly Walk[];
}

/** Nothing taken yet. */
export function newProgress(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** Takes the next folders, so that nobody else does, and reads them. Undefined when all are taken. */
export function readShare({ folders, cwd, share, progress }: Task): Share | undefined {
  const first = Atomics.add(progress, TAKEN, share);
  if (first >= folders.length) return undefined;
  const taken = folders.slice(first, first + share);
  const walks = taken.map(folder => walkCapsule(path.resolve(cwd, folder), { shownAs: folder }));
  return { first, walks };
}

/** Says that so many more folders were examined. */
export function noteExamined({ progress }: Task, count: number): void {
  Atomics.add(progress, EXAMINED, count);
  Atomics.notify(progress, EXAMINED);
}

/** Keeps this thread waiting while as much is read as may be. Not for the thread that examines. */
export function waitForRoom({ progress }: Task): void {
  for (;;) {
    const examined = Atomics.load(progress, EXAMINED);
    if (Atomics.load(progress, TAKEN) - examined < AHEAD) return;
    Atomics.wait(progress, EXAMINED, examined);
  }
}
