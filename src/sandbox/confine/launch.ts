import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Duplex, Writable } from 'node:stream';
import type { Launch } from './confine.ts';
import { CHANNEL } from './types.ts';

/** A confined process as its host holds it. */
export interface Confined {
  readonly process: ChildProcess;
  /** The host's end of the channel. */
  readonly channel: Duplex;
  /** What was said on its standard error so far, by bubblewrap or by the program; at most {@link MOST_SAID} characters. */
  said(): string;
}

/** The rest is read and forgotten, so that who says more neither fills memory nor waits. */
const MOST_SAID = 2000;
const MOST_EAGER = '1000';

/** Starts it. Nothing of the host's environment, folder or standard streams is handed on. */
export function launch({ command, args, identity, given, release }: Launch): Confined {
  const child = spawn(command, args, {
    cwd: '/',
    env: {},
    stdio: [
      'ignore',
      'ignore',
      'pipe',
      'pipe',
      ...given.map(what => (typeof what === 'number' ? what : 'pipe')),
    ],
    windowsHide: true,
    detached: true,
    ...identity,
  });
  release();
  makeFirstToGo(child);
  child.once('exit', () => endGroup(child));
  for (const [index, what] of given.entries()) {
    if (typeof what !== 'number') feed(child.stdio[CHANNEL + 1 + index] as Writable, what);
  }
  return { process: child, channel: child.stdio[CHANNEL] as Duplex, said: collect(child) };
}

/** When memory runs out, this is what the system ends first. Where it cannot be told so, the limits hold all the same. */
function makeFirstToGo({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) writeFileSync(`/proc/${pid}/oom_score_adj`, MOST_EAGER);
  } catch {}
}

/**
 * Ends what a process of bubblewrap leaves behind when it is killed before it has tied those inside to itself: they are of its
 * group, for which it was detached, until they run anything of ours.
 */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The usual case: nothing is left of it.
  }
}

/** bubblewrap reads to the end; when it ends before, nobody is left to be told. */
function feed(pipe: Writable, bytes: Uint8Array): void {
  pipe.on('error', () => {});
  pipe.end(bytes);
}

function collect(child: ChildProcess): () => string {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MOST_SAID);
  });
  return () => said;
}
