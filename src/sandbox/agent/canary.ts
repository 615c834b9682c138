import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** In no folder that exists, so that nothing happens even where the attempt is not denied. */
const NOWHERE = '/vnes-canary/denied';

/** Things that a confined process must not be able to do. Each is tried once, before any guest code is there. */
const ATTEMPTS: readonly (readonly [name: string, attempt: () => unknown])[] = [
  ['read a file', () => readFileSync(NOWHERE)],
  ['write a file', () => writeFileSync(NOWHERE, '')],
  ['start a process', () => execFileSync(NOWHERE)],
  ['start a thread', () => new Worker('', { eval: true })],
];

/** The attempts that a process of its own is denied. Node does not keep it from sending signals; where it cannot, the system does. */
export function deniedToProcess(): string[] {
  const denied = ATTEMPTS.filter(([, attempt]) => isDenied(attempt)).map(([name]) => name);
  return [...denied, ...(canSignal() ? [] : ['signal its parent']), ...deniedToThread()];
}

/** A thread shares the process and its rights; only the environment is kept from it. */
export function deniedToThread(): string[] {
  return Object.keys(process.env).length === 0 ? ['see the environment'] : [];
}

/** The system is asked at every look at `process.env`, and jco's glue looks at every call; an empty object answers at once. */
export function detachEnvironment(): void {
  process.env = {};
}

/** Signal 0 asks whether a signal could be sent, and sends none. */
function canSignal(): boolean {
  try {
    return process.kill(process.ppid, 0);
  } catch {
    return false;
  }
}

function isDenied(attempt: () => unknown): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ERR_ACCESS_DENIED';
  }
}
