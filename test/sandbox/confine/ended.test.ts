import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Ending } from '../../../src/sandbox/channel.ts';
import { openProcess } from '../../../src/sandbox/process.ts';
import { BUBBLEWRAP } from '../../bubblewrap.ts';

/** When the outermost process is ended, in milliseconds after its start: before, while and after it sets up the others. */
const MOMENTS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 40];

test.skipIf(!BUBBLEWRAP).each(MOMENTS)(
  'whoever ends the outermost process after %i ms ends the sandbox',
  async ms => {
    const before = ownChildren();
    const ended = new Promise<Ending>(onClose => {
      openProcess({ onMessage: () => {}, onClose }, { memoryBytes: 2 ** 26 });
    });
    const [outermost] = ownChildren().filter(pid => !before.includes(pid));
    await sleep(ms);
    process.kill(outermost!, 'SIGKILL');
    expect(await ended).toMatchObject({ kind: 'died' });
  },
);

function ownChildren(): readonly number[] {
  return readdirSync('/proc')
    .filter(name => /^[0-9]+$/.test(name))
    .map(Number)
    .filter(isOwn);
}

function isOwn(pid: number): boolean {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(fields[1]) === process.pid;
  } catch {
    return false;
  }
}
