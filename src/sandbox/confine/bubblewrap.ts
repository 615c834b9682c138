import { isExecutable } from '../../base/search-path.ts';

/** Where systems put it. The search path is not asked: whoever may set it could put another program there. */
const PLACES = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap', '/run/current-system/sw/bin/bwrap'];

/** bubblewrap's program, or undefined where it is not installed. */
export function findBubblewrap(): string | undefined {
  return PLACES.find(isExecutable);
}
