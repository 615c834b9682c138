import { fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { parseJson } from '../base/json.ts';
import { refuseViolations } from '../base/schema.ts';
import { commandLine } from '../base/shell.ts';
import type { AuditEvidence } from '../capsule/receipt.ts';
import type { Tier } from '../capsule/tier.ts';
import { validateAuditEvidence } from '../generated/receipt.js';

/** A file that `vnes audit determinism --evidence` wrote. @throws Failure VNES10xx */
export function parseEvidence(bytes: Uint8Array, file: string): AuditEvidence {
  const value = parseJson(bytes, { file });
  refuseViolations(validateAuditEvidence(value), { file, bytes });
  return value as unknown as AuditEvidence;
}

/** What a capsule is when it is signed. */
export interface Audited {
  readonly tree: Digest;
  readonly tier: Tier;
  readonly shownAs: string;
}

/** Nobody signs for an audit of something else. @throws Failure VNES2055 */
export function refuseForeign(evidence: AuditEvidence, { tree, tier, shownAs }: Audited): void {
  if (evidence.tree === tree && evidence.tier === tier) return;
  fail('VNES2055', 'the evidence is of an audit of something else', {
    place: { file: shownAs },
    expected: `${tier} of the tree ${tree}`,
    found: `${evidence.tier} of the tree ${evidence.tree}`,
    help: `audit it as it is, with its receipt: ${commandLine(['vnes', 'audit', 'determinism', ['--evidence', 'FILE']].flat(), [shownAs])}`,
  });
}
