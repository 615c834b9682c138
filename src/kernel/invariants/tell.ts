import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import type { InvariantVerdict } from './watch.ts';

/** Where the run of broken invariants can be looked at. */
export interface Evidence {
  /** As diagnostics call it. */
  readonly file: string;
  /** The next command, by where it broke. */
  readonly help: (broken: NonNullable<InvariantVerdict['broken']>) => string;
}

/** One diagnostic for each invariant that broke, in the order of their declaration. */
export function brokenInvariants(
  verdicts: readonly InvariantVerdict[],
  { file, help }: Evidence,
): Diagnostic[] {
  return verdicts.flatMap(({ name, kind, at, states, broken }) => {
    if (!broken) return [];
    const { frame, event, found, undecided } = broken;
    const where = at === 'end' ? 'at the end' : `in frame ${frame}, after event ${event}`;
    const what = kind === 'test' ? `the test capsule ${name} found a violation` : `the invariant ${name}`;
    const is = kind === 'test' ? '' : undecided ? ' cannot be decided' : ' is broken';
    return [
      diagnose(undecided ? 'VNES8202' : 'VNES8201', `${what}${is} ${where}`, {
        place: { file },
        expected: states,
        found,
        help: help(broken),
      }),
    ];
  });
}
