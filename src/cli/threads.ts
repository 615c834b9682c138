import type { Environment } from '../base/ports.ts';
import type { Walk } from '../capsule/inventory.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Verdict } from '../trust/verdict.ts';
import { examineMeanwhile } from '../trust/verify.ts';
import type { OptionValues } from './command.ts';
import { sharesOf, type Thread } from './readers.ts';
import { newProgress, noteExamined, type Share } from './shares.ts';
import { positiveInteger } from './values.ts';

/** Capsules for which one thread more pays: it takes as long to start as some hundred take to read. */
const WORTH_A_THREAD = 250;
/** Threads that are started unasked: two read faster than the main one examines. */
const USUAL_THREADS = 3;
/** Capsules that a thread takes at a time, at most; and turns that it takes, at least, so that all end at about the same time. */
const MOST_AT_A_TIME = 16;
const TURNS = 4;
/** Each takes some megabytes, whether or not it has a processor. */
const MOST_THREADS = 64;
/** Shares that are examined at a time: while the signatures of one are verified, the next is begun. */
const UNDER_WAY = 2;

/** On how many threads, the main one included, to verify so many capsules. @throws Failure VNES9006 */
export function jobsFor(capsules: number, options: OptionValues, env: Environment): number {
  const worth = 1 + Math.floor(capsules / WORTH_A_THREAD);
  const usual = Math.min(worth, env.cores, USUAL_THREADS);
  return Math.min(positiveInteger('jobs', options, usual), capsules, MOST_THREADS);
}

/** What became of folders, in their order. */
export interface VerifiedFolders {
  readonly verdicts: readonly Verdict[];
  /** One for each verdict, if they were asked for. */
  readonly walks: readonly Walk[];
}

/** Folders to verify. */
export interface Work {
  readonly folders: readonly string[];
  /** What they are relative to. */
  readonly cwd: string;
  /** Whether what was read of the capsules is wanted too: of a thousand that is much. */
  readonly walks: boolean;
}

/**
 * Verifies folders: this thread and the others read them, and this one examines what was read. What comes of it is in the order of
 * the folders, and the same on any number of threads.
 * @throws Failure VNES9040 when a thread ends before its work is done: nothing that it had taken may be missing.
 */
export async function verifyFolders(
  { folders, cwd, walks: wanted }: Work,
  trust: TrustStore,
  threads: readonly Thread[],
): Promise<VerifiedFolders> {
  const share = Math.ceil(folders.length / (threads.length + 1) / TURNS);
  const task = { folders, cwd, share: Math.min(share, MOST_AT_A_TIME), progress: newProgress() };
  const verdicts: Verdict[] = [];
  const walks: Walk[] = [];
  const begun: Promise<void>[] = [];
  const examine = async ({ first, walks: read }: Share) => {
    const found = read.map((walk, at) => examineMeanwhile(walk, folders[first + at]!, trust));
    for (const [at, verdict] of (await Promise.all(found)).entries()) {
      verdicts[first + at] = verdict;
      if (wanted) walks[first + at] = read[at]!;
    }
    noteExamined(task, read.length);
  };
  for await (const read of sharesOf(task, threads)) {
    begun.push(examine(read));
    if (begun.length >= UNDER_WAY) await begun.shift();
  }
  await Promise.all(begun);
  return { verdicts, walks };
}
