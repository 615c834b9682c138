import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { diagnose, Failure } from '../base/diagnostic.ts';
import type { Environment } from '../base/ports.ts';
import type { Walk } from '../capsule/inventory.ts';
import { handTrust } from '../trust/handed.ts';
import type { TrustStore } from '../trust/store.ts';
import type { Verdict } from '../trust/verdict.ts';
import type { OptionValues } from './command.ts';
import { packageFolder } from './home.ts';
import { type Share, type Task, underWay, verifyShares } from './shares.ts';
import { DONE, type Order, received, type SentShare } from './thread.ts';
import { positiveInteger } from './values.ts';

/** Capsules for which one thread more pays: it takes as long to start as 200 take to verify. */
const WORTH_A_THREAD = 500;
/** Capsules that a thread takes at a time, at most; and turns that it takes, at least, so that all end at about the same time. */
const MOST_AT_A_TIME = 16;
const TURNS = 4;
/** Each takes some megabytes, whether or not it has a processor. */
const MOST_THREADS = 64;

/** On how many threads, the main one included, to verify so many capsules. @throws Failure VNES9006 */
export function jobsFor(capsules: number, options: OptionValues, env: Environment): number {
  const worth = 1 + Math.floor(capsules / WORTH_A_THREAD);
  // Signatures are verified on threads of OpenSSL's, which keep a processor busy.
  const usual = worth > 1 ? Math.min(worth, Math.max(1, env.cores - 1)) : 1;
  return Math.min(positiveInteger('jobs', options, usual), capsules, MOST_THREADS);
}

/** What became of folders, in their order. */
export interface VerifiedFolders {
  readonly verdicts: readonly Verdict[];
  /** One for each verdict, if they were asked for. */
  readonly walks: readonly Walk[];
}

/** A thread besides the main one. */
export interface Thread {
  readonly worker: Worker;
  /** Fails when the thread ends, which it must not do before its work is done. */
  readonly end: Promise<never>;
}

/** Starts the threads besides the main one. They take a while, so this comes before it is known what they are told. */
export async function startThreads(jobs: number): Promise<readonly Thread[]> {
  if (jobs <= 1) return [];
  const { Worker } = await import('node:worker_threads');
  const file = join(packageFolder(), 'bin', 'worker.cjs');
  // Not passing on what a thread prints, which is nothing, leaves our own pipe blocking: that is how long reports are fast.
  const options = { stdout: true, stderr: true };
  return Array.from({ length: jobs - 1 }, () => watched(new Worker(file, options)));
}

function watched(worker: Worker): Thread {
  const end = new Promise<never>((_, reject) => {
    worker.on('error', (error: unknown) =>
      reject(ended(error instanceof Error ? error.message : `${error}`)),
    );
    worker.on('messageerror', error => reject(ended(error.message)));
    worker.on('exit', status => reject(ended(`exit status ${status}`)));
  });
  // Whoever waits for the thread hears of it; nobody may.
  end.catch(() => {});
  return { worker, end };
}

/**
 * Verifies folders on this thread and the others. What comes of it is in the order of the folders, and the same on any number of
 * threads.
 * @throws Failure VNES9040 when a thread ends before its work is done: nothing that it had taken may be missing.
 */
export async function verifyFolders(
  work: Pick<Task, 'folders' | 'cwd' | 'walks'>,
  trust: TrustStore,
  threads: readonly Thread[],
): Promise<VerifiedFolders> {
  const share = Math.ceil(work.folders.length / (threads.length + 1) / TURNS);
  const next = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const task = { ...work, share: Math.min(share, MOST_AT_A_TIME), next };
  const verdicts: Verdict[] = [];
  const walks: Walk[] = [];
  const note = (share: Share) => {
    for (const [at, verdict] of share.verdicts.entries()) verdicts[share.first + at] = verdict;
    for (const [at, walk] of share.walks.entries()) walks[share.first + at] = walk;
  };
  const own = async () => {
    for await (const share of underWay(verifyShares(task, trust))) note(share);
  };
  const order = { task, trust: handTrust(trust) };
  await Promise.all([own(), ...threads.map(thread => helped(thread, order, note))]);
  if (!isWhole(verdicts, task.folders) || (task.walks && !isWhole(walks, task.folders)))
    throw ended('a capsule without one');
  return { verdicts, walks };
}

/** Whether there is one for each folder. */
function isWhole(found: readonly (Verdict | Walk)[], folders: readonly string[]): boolean {
  return found.length === folders.length && !found.includes(undefined as never);
}

/** Tells a thread what to do and notes what it sends, until it is done. */
function helped({ worker, end }: Thread, order: Order, note: (share: Share) => void): Promise<void> {
  const done = new Promise<void>(resolve => {
    worker.on('message', (message: SentShare | typeof DONE) =>
      message === DONE ? resolve() : note(received(message)),
    );
  });
  worker.postMessage(order);
  return Promise.race([done, end]);
}

function ended(found: string): Failure {
  return new Failure(
    diagnose('VNES9040', 'a thread ended before its work was done', {
      expected: 'a verdict about every capsule',
      found,
      help: 'vnes verify --jobs 1; if that helps, please report it (CONTRIBUTING.md says how)',
    }),
  );
}
