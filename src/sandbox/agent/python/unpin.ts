import type { UnpinnedPython } from '../../unpinned.ts';
import type { Surroundings } from './surroundings.ts';

const FLIPPED = 0xff;

/** The surroundings of an interpreter, with what an audit lets go of them. The host's own functions still give what they gave. */
export function unpin(
  { now, random, ...rest }: Surroundings,
  { clock, zone, entropy }: UnpinnedPython,
): Surroundings {
  let readings = 0;
  return {
    ...rest,
    now: clock ? () => now() + clock.offsetMs + clock.stepMs * readings++ : now,
    random: entropy ? length => random(length).map(byte => byte ^ FLIPPED) : random,
    ...(zone ? { zone } : {}),
  };
}
