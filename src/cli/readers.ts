import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { diagnose, Failure } from '../base/diagnostic.ts';
import { packageFolder } from './home.ts';
import { readShare, type Share, type Task } from './shares.ts';
import { DONE, received, type SentShare } from './thread.ts';

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

/** The shares of a task in whatever order they are read, by other threads or, when none of theirs is there, by this one. */
export async function* sharesOf(task: Task, threads: readonly Thread[]): AsyncGenerator<Share> {
  const readers = new Readers(task, threads);
  for (let missing = task.folders.length; missing > 0; ) {
    const share = readers.take() ?? readShare(task);
    if (share) {
      missing -= share.walks.length;
      yield share;
      // Lets in what other threads have read.
      await new Promise(setImmediate);
    } else {
      await readers.more();
    }
  }
  await readers.done;
}

/** What other threads have read and nobody has taken yet. */
class Readers {
  /** When all of them are. It fails when one ends before. */
  readonly done: Promise<unknown>;
  private readonly arrived: Share[] = [];
  private working: number;
  private wake = () => {};

  constructor(task: Task, threads: readonly Thread[]) {
    this.working = threads.length;
    this.done = Promise.all(threads.map(thread => this.follow(thread, task)));
    // Whoever waits hears of it; nobody may yet.
    this.done.catch(() => {});
  }

  take(): Share | undefined {
    return this.arrived.shift();
  }

  /** Waits for something to take. @throws Failure VNES9040 when nothing can come any more */
  async more(): Promise<void> {
    if (this.working === 0) throw ended('a capsule without one');
    const woken = new Promise<void>(resolve => {
      this.wake = resolve;
    });
    await Promise.race([this.done, woken]);
  }

  private async follow({ worker, end }: Thread, task: Task): Promise<void> {
    const done = new Promise<void>(resolve => {
      worker.on('message', (message: SentShare | typeof DONE) => {
        if (message === DONE) resolve();
        else this.arrived.push(received(message));
        this.wake();
      });
    });
    worker.postMessage(task);
    await Promise.race([done, end]);
    this.working -= 1;
    this.wake();
  }
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
