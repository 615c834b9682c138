import { readFileSync } from 'node:fs';

/** A user and a group by number. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** Nobody's number: systems give the ones around it to nobody, so no file and no other process belongs to it. */
const NOBODY = 65_533;

/**
 * Whom to become before anything is confined: nobody, for the superuser, whose processes could change the machine's settings even from
 * inside (`/proc/sys` goes by the user's number and not by rights); undefined for everybody else, who stays who they are.
 * @throws Error when the superuser cannot become nobody here
 */
export function identityToTake(): Identity | undefined {
  if (process.geteuid?.() !== 0 && process.getuid?.() !== 0) return undefined;
  for (const map of ['uid_map', 'gid_map']) {
    if (!holds(readFileSync(`/proc/self/${map}`, 'utf8'), NOBODY))
      throw new Error(`vnes runs as the superuser of a namespace without the number ${NOBODY}`);
  }
  if (readFileSync('/proc/self/setgroups', 'utf8').trim() === 'deny')
    throw new Error('vnes runs as the superuser of a namespace that may not change groups');
  return { uid: NOBODY, gid: NOBODY };
}

/** Lines of a map: first number inside, first outside, how many (user_namespaces(7)). */
function holds(map: string, id: number): boolean {
  return map.split('\n').some(line => {
    const [first = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
    return first <= id && id < first + count;
  });
}
