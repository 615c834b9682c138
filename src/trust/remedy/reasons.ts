import type { Code } from '../../base/codes/all.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Check } from '../verdict.ts';
import { type Cure, cureOf } from './cures.ts';

/** One reason of a refusal. */
export interface Reason {
  readonly check: string;
  readonly diagnostic: Diagnostic;
  readonly cure: Cure;
}

/** The errors of the checks that failed, with what turns each. */
export function reasonsOf(checks: readonly Check[]): readonly Reason[] {
  return checks.flatMap(({ id, result, diagnostics = [], checks: below = [] }) => [
    ...(result === 'fail' ? diagnostics : [])
      .filter(({ severity }) => severity === 'error')
      .map(diagnostic => ({ check: id, diagnostic, cure: cureOf(id, diagnostic.code) })),
    ...reasonsOf(below),
  ]);
}

/** Their codes, each once. */
export function codesOf(reasons: readonly Reason[]): readonly Code[] {
  return [...new Set(reasons.map(({ diagnostic }) => diagnostic.code))];
}
