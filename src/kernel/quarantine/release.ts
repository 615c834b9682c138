import { resolve } from 'node:path';
import { LIMITS } from '../../base/limits.ts';
import { verifyCapsule } from '../../trust/verify.ts';
import { admit } from '../admission.ts';
import { type Decision, type Keeping, keepDecisions } from './keep.ts';
import type { Entry } from './model.ts';

/** Where a quarantine lies, and under what its capsules are examined. */
export interface Place extends Omit<Keeping, 'gate'> {
  /** Where compiled code is kept between runs. */
  readonly cacheDir?: string | undefined;
}

/**
 * Examines a capsule again, as it lies there now, and keeps what came out: it is released if the verdict admits it. Whoever
 * examined it last decides how much is asked.
 * @throws Failure VNES1012, VNES3104 when the outcome cannot be kept; then the capsule is not released.
 */
export async function examineAgain({ gate, folder }: Entry, place: Place): Promise<Decision> {
  const path = resolve(place.cwd, folder);
  const decision =
    gate === 'run'
      ? await admit(path, folder, place.trust, place.cacheDir)
      : verifyCapsule(path, folder, place.trust, { keepBytes: LIMITS.quarantineFileBytes });
  keepDecisions([decision], { ...place, gate });
  return decision;
}
