import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { TrustedKey, TrustStore } from './store.ts';

/**
 * A proof shows that its verdicts follow from whom it trusts; whether those are to be trusted is for its reader to say. They must be
 * the very keys of the reader's `own` trust, for the same namespaces, or the same version of the same trust root.
 */
export function compareTrust(stated: TrustStore, own: TrustStore, file: string): Diagnostic[] {
  const [found, expected] = [facts(stated), facts(own)];
  const [first] = own.problems ?? [];
  if (first) return [first];
  if (found === expected && own.keys.length > 0) return [];
  return [
    diagnose('VNES2705', 'the proof trusts others than you do', {
      place: { file, pointer: '/trust' },
      expected,
      found,
      help: 'verify the capsules under your own trust: vnes verify --trust FILE --proof FILE',
    }),
  ];
}

function facts({ keys, root }: TrustStore): string {
  if (root) return `version ${root.document.signed.version} of the trust root ${root.id}, ${root.digest}`;
  return keys.map(keyFacts).sort(compareCodeUnits).join('; ') || 'no keys';
}

/** Without the name, which decides nothing. */
function keyFacts({ key, namespaces }: TrustedKey): string {
  return `${key.base64} for ${[...namespaces].sort(compareCodeUnits).join(', ')}`;
}
