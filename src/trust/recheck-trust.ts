import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { compareCodeUnits } from '../base/order.ts';
import type { TrustedKey, TrustStore } from './store.ts';
import { entryText } from './waivers/encode.ts';

/**
 * A proof shows that its verdicts follow from whom it trusts; whether those are to be trusted is for its reader to say. They must be
 * the very keys of the reader's `own` trust, for the same namespaces, or the same version of the same trust root; the policy must be
 * the reader's, and no waiver another than the reader's.
 */
export function compareTrust(stated: TrustStore, own: TrustStore, file: string): Diagnostic[] {
  return [
    ...comparedKeys(stated, own, file),
    ...comparedPolicy(stated, own, file),
    ...strangeWaivers(stated, own, file),
  ];
}

function comparedKeys(stated: TrustStore, own: TrustStore, file: string): Diagnostic[] {
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

function comparedPolicy(
  { policy: stated }: TrustStore,
  { policy: own }: TrustStore,
  file: string,
): Diagnostic[] {
  const [first] = own?.problems ?? [];
  if (first) return [first];
  const [found, expected] = [stated?.digest ?? 'no policy', own?.digest ?? 'no policy'];
  if (found === expected) return [];
  return [
    diagnose('VNES2705', 'the proof asks something else of capsules than you do', {
      place: { file, pointer: '/policy' },
      expected,
      found,
      help: 'verify the capsules under your own policy: vnes verify --policy FILE --proof FILE',
    }),
  ];
}

/** Waivers that a proof does not use would only have let more pass. */
function strangeWaivers(
  { waivers: stated }: TrustStore,
  { waivers: own }: TrustStore,
  file: string,
): Diagnostic[] {
  const known = new Set(own?.document.waivers.map(entryText));
  return (stated?.document.waivers ?? [])
    .filter(entry => !known.has(entryText(entry)))
    .map(({ waiver }) =>
      diagnose('VNES2705', `the proof lets pass what the waiver ${waiver.id} is about, and you do not`, {
        place: { file, pointer: '/waivers' },
        expected: own ? `a waiver of ${own.file}` : 'no waivers',
        found: waiver.id,
        help: 'verify the capsules under your own waivers: vnes verify --waivers FILE --proof FILE',
      }),
    );
}

function facts({ keys, root }: TrustStore): string {
  if (root) return `version ${root.document.signed.version} of the trust root ${root.id}, ${root.digest}`;
  return keys.map(keyFacts).sort(compareCodeUnits).join('; ') || 'no keys';
}

/** Without the name, which decides nothing. */
function keyFacts({ key, namespaces }: TrustedKey): string {
  return `${key.base64} for ${[...namespaces].sort(compareCodeUnits).join(', ')}`;
}
