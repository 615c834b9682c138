import { spawnSync } from 'node:child_process';
import { findBubblewrap } from '../src/sandbox/confine/bubblewrap.ts';

/**
 * bubblewrap, or undefined with a word about it where it is missing or the system lets nobody make namespaces. Tests of what
 * it confines are then counted as skipped.
 */
export function bubblewrapOrSkip(of: string): string | undefined {
  const program = findBubblewrap();
  const trial = program && spawnSync(program, ['--unshare-all', '--ro-bind', '/', '/', 'true']).status === 0;
  if (!trial)
    process.stderr.write(
      `skipped: ${of}: bubblewrap ${program ? 'cannot be used here' : 'is not installed'}\n`,
    );
  return trial ? program : undefined;
}
