import { mkdirSync, readdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import type { Ports } from '../base/ports.ts';
import { makeFolder } from '../base/write-file.ts';
import type { Context } from './command.ts';

/** Where `run` keeps capsules that it refused. */
export function quarantineFolder({ env }: Ports): string {
  return join(env.cwd, '.vnes', 'quarantine');
}

/**
 * Where compiled components are kept between runs. A relative `XDG_CACHE_HOME` counts as none (XDG base directory specification):
 * the code in the cache would come from the folder that one works in.
 */
export function cacheFolder({ env }: Ports): string {
  const given = env.get('XDG_CACHE_HOME');
  return join(given && isAbsolute(given) ? given : join(env.home, '.cache'), 'vnes');
}

/** Makes and returns the next free folder under `.vnes/runs/`: 0001, 0002, ... */
export function nextRunFolder({ env }: Ports): string {
  const runs = join(env.cwd, '.vnes', 'runs');
  makeFolder(runs);
  for (let number = 1; ; number += 1) {
    const dir = join(runs, String(number).padStart(4, '0'));
    if (tryMake(dir)) return dir;
  }
}

function tryMake(dir: string): boolean {
  try {
    mkdirSync(dir);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * A recording begins in a folder of its own: among other files it would mix with them, and inside a capsule break its receipt.
 * @throws Failure VNES1052, VNES8006
 */
export function refuseTaken({ ports }: Context, name: string): void {
  const names = namesIn(resolve(ports.env.cwd, name));
  if (names.length === 0) return;
  if (names.includes('journal')) {
    fail('VNES8006', 'a recording exists here already', {
      place: { file: name },
      expected: 'a new folder or an empty one',
      help: 'name another folder with --record DIR',
    });
  }
  fail('VNES1052', `${JSON.stringify(name)} holds other things than a recording`, {
    place: { file: name },
    expected: 'a new folder or an empty one',
    found: names.slice(0, 3).join(', '),
    help: 'name another folder with --record DIR',
  });
}

/** Nothing where no folder can be listed: writing there will tell why. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
