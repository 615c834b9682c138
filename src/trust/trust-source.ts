import { readFileSync } from 'node:fs';
import { fail } from '../base/diagnostic.ts';
import { placeOf } from './trust-places.ts';

/** A trust file's bytes, wherever they come from. */
export interface TrustSource {
  /** As diagnostics call it. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** The path by which a root is remembered; without it nobody can tell that another file took the root's place. */
  readonly place?: string | undefined;
}

/** A file that says who is trusted, what is asked, or what is let pass; `what` names it. @throws Failure VNES1010 */
export function readSource(file: string, what = 'trust file'): TrustSource {
  try {
    return { file, place: placeOf(file), bytes: readFileSync(file) };
  } catch (error) {
    const found = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    return fail('VNES1010', `the ${what} cannot be read`, {
      place: { file },
      expected: 'a readable file',
      found,
    });
  }
}
