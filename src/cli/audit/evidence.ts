import type { JsonObject } from '../../base/json.ts';
import type { AuditEvidence } from '../../capsule/receipt.ts';
import type { Audit } from '../../lab/audit/audit.ts';
import { packageVersion } from '../package-version.ts';

/** What a receipt may say of an audit, as JSON. A refuted tier has no evidence. */
export function evidenceText(audit: Audit, input: string): string {
  return `${JSON.stringify(evidenceOf(audit, input) as unknown as JsonObject, null, 2)}\n`;
}

function evidenceOf(
  { capsule, tier, verdict, runs, deliveries, probes }: Audit,
  input: string,
): AuditEvidence {
  if (verdict === 'refuted' || tier === 'NX_experimental') throw new Error('there is no evidence for this');
  const names = (differing: boolean) =>
    probes.filter(({ witness }) => (witness !== undefined) === differing).map(({ name }) => name);
  return {
    auditor: `vnes ${packageVersion()}`,
    tree: capsule.tree,
    tier,
    verdict,
    input,
    runs,
    deliveries: deliveries.ok,
    no_matter: names(false),
    depends_on: names(true),
  };
}
