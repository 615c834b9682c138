import path from 'node:path';
import type { Walk } from '../capsule/inventory.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Verdict } from '../trust/verdict.ts';
import { proveMeanwhile } from '../trust/verify.ts';

/** Capsule folders to verify, as every thread gets them. */
export interface Task {
  readonly folders: readonly string[];
  /** What they are relative to. */
  readonly cwd: string;
  /** Whether what was read of a capsule is wanted too, and not only the verdict. */
  readonly walks: boolean;
  /** How many a thread takes at a time. */
  readonly share: number;
  /** One number: the first folder that nobody has taken yet. Shared by all threads. */
  readonly next: Int32Array;
}

/** What became of some folders in a row, the first of which has the index `first`. */
export interface Share {
  readonly first: number;
  readonly verdicts: readonly Verdict[];
  /** One for each verdict, or none at all. */
  readonly walks: readonly Walk[];
}

/** Begins the next share of the folders, again and again until all are taken. Who is quicker does more of them. */
export function* verifyShares(
  { folders, cwd, walks, share, next }: Task,
  trust: TrustStore,
): Generator<Promise<Share>> {
  for (;;) {
    const first = Atomics.add(next, 0, share);
    if (first >= folders.length) return;
    const taken = folders.slice(first, first + share);
    const found = taken.map(folder => proveMeanwhile(path.resolve(cwd, folder), folder, trust));
    yield Promise.all(found).then(proven => ({
      first,
      verdicts: proven.map(({ verdict }) => verdict),
      // What was read of a thousand capsules is kept only for who asks for it.
      walks: walks ? proven.map(({ walk }) => walk) : [],
    }));
  }
}

/** Shares that are under way at a time: while the signatures of one are verified, the next is read. */
const UNDER_WAY = 2;

/** The shares in turn, each given out when those after it are begun. */
export async function* underWay(shares: Iterable<Promise<Share>>): AsyncGenerator<Share> {
  const begun: Promise<Share>[] = [];
  for (const share of shares) {
    begun.push(share);
    // Lets in what other threads have found.
    await new Promise(setImmediate);
    if (begun.length >= UNDER_WAY) yield await begun.shift()!;
  }
  for (const share of begun) yield await share;
}
