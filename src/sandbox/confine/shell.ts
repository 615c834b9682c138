import { release } from 'node:os';
import type { ConfinedLimits } from './types.ts';

/** Where a shell is on every system that has one. */
export const SHELL = '/bin/sh';

const BLOCK_BYTES = 512;
const KIB = 1024;
/** From this version of Linux on, tasks are counted for each user namespace by itself. */
const COUNTS_BY_NAMESPACE = [5, 14] as const;

/**
 * A script that runs its arguments as a program with nothing left of the shell but the limits. One that cannot be set ends it.
 * POSIX names no option for tasks: it is `-u` in bash and BusyBox, `-p` in dash.
 */
export function limitingScript(limits: ConfinedLimits): string {
  const { openFiles, fileBytes, cpuSeconds, addressBytes, tasks } = limits;
  return [
    'ulimit -c 0',
    `ulimit -n ${openFiles}`,
    `ulimit -f ${Math.ceil(fileBytes / BLOCK_BYTES)}`,
    `ulimit -t ${cpuSeconds}`,
    ...(addressBytes === undefined ? [] : [`ulimit -v ${Math.ceil(addressBytes / KIB)}`]),
    ...(tasks === undefined || !countsByNamespace()
      ? []
      : [`{ ulimit -u ${tasks} 2>&- || ulimit -p ${tasks}; }`]),
    'exec "$@"',
  ].join(' && ');
}

/** When memory runs out, this is what the system ends first. Where it cannot be told so, the limits hold all the same. */
export const FIRST_TO_GO = '{ echo 1000 > /proc/self/oom_score_adj; } 2> /dev/null';

function countsByNamespace(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const [least, leastMinor] = COUNTS_BY_NAMESPACE;
  return major > least || (major === least && minor >= leastMinor);
}
