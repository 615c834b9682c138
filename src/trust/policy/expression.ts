import { compileExpression } from '../../base/cel/expression.ts';
import { factsOf, SAMPLE } from './facts.ts';
import type { Predicate } from './rules.ts';

/** A rule's expression, and where it stands. */
export interface Written {
  readonly rule: string;
  readonly text: string;
  readonly file: string;
  readonly pointer: string;
}

/** The manifest as it is written may hold any field. */
const SIGHT = { sample: SAMPLE, open: new Set(['manifest'] as const) };

/** Compiles the expression of a rule; what is neither true nor false, fails. @throws Failure VNES3005 */
export function compile({ rule, text, file, pointer }: Written): Predicate {
  const name = `the expression of the rule ${rule}`;
  const judge = compileExpression({ name, text, file, pointer, code: 'VNES3005' }, SIGHT);
  return subject => {
    const verdict = judge(factsOf(subject));
    if (verdict === true) return true;
    return verdict === false
      ? { expected: text, found: 'false' }
      : { code: 'VNES3008', expected: `true or false from: ${text}`, found: verdict.undecided };
  };
}
