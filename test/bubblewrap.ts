import { spawnSync } from 'node:child_process';
import { findBubblewrap } from '../src/sandbox/confine/bubblewrap.ts';

/**
 * bubblewrap, or undefined with a word about it where it is missing or the system lets nobody make namespaces. What needs it is
 * then counted as skipped.
 */
export const BUBBLEWRAP = usable();

/** Whether capsules of a zone cannot be run here. */
export function lacks(zone: string): boolean {
  return zone !== 'system' && BUBBLEWRAP === undefined;
}

function usable(): string | undefined {
  const program = findBubblewrap();
  if (program && spawnSync(program, ['--unshare-all', '--ro-bind', '/', '/', 'true']).status === 0)
    return program;
  const why = program ? 'bubblewrap cannot be used here' : 'bubblewrap is not installed';
  process.stderr.write(`skipped: confined processes: ${why}\n`);
  return undefined;
}
