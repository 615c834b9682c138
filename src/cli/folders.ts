import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ports } from '../base/ports.ts';

/** Where `run` keeps capsules that it refused. */
export function quarantineFolder({ env }: Ports): string {
  return join(env.cwd, '.vnes', 'quarantine');
}

/** Where compiled components are kept between runs; the XDG base directory specification. */
export function cacheFolder({ env }: Ports): string {
  return join(env.get('XDG_CACHE_HOME') || join(env.home, '.cache'), 'vnes');
}

/** Makes and returns the next free folder under `.vnes/runs/`: 0001, 0002, ... */
export function nextRunFolder({ env }: Ports): string {
  const runs = join(env.cwd, '.vnes', 'runs');
  mkdirSync(runs, { recursive: true });
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
