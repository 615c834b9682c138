import { encodeBase64 } from '../base/base64.ts';
import { canonicalBytes, canonicalJson } from '../base/canonical.ts';
import { fail } from '../base/diagnostic.ts';
import { sha256 } from '../base/digest.ts';
import { PAYLOAD_TYPE, STATEMENT_TYPE } from '../capsule/receipt.ts';
import { preAuthEncoding } from './dsse.ts';
import { stands } from './grade.ts';
import { type ProofContext, plain, proofText, trustFacts } from './proof.ts';
import { type Signer, signatureBy } from './signer.ts';
import type { Proven } from './verdict.ts';

export const VERIFICATION_TYPE = 'https://stunir.io/predicate/verification/v1';

/**
 * A signed verification summary: an in-toto Statement v1 about the tree digest of every capsule, in a DSSE envelope (docs/proofs.md).
 * `time` is RFC 3339. It is made only when every capsule was admitted: readers of in-toto look for one subject that matches.
 * @throws Failure VNES2704 when a capsule or the change was refused, or there is no capsule.
 */
export async function attest(
  proven: readonly Proven[],
  context: ProofContext,
  time: string,
  signer: Signer,
): Promise<string> {
  const refused = proven.find(({ verdict }) => !verdict.admitted);
  if (refused || proven.length === 0 || !(context.git?.change ?? []).every(stands)) {
    fail('VNES2704', 'a capsule or the change was refused, so there is no summary', {
      place: { file: refused?.verdict.folder },
      expected: 'capsules that are all admitted',
      found: refused ? 'a refused one' : proven.length === 0 ? 'none at all' : 'a refused change',
    });
  }
  const payload = canonicalBytes(plain(statement(proven, context, time)));
  const sig = encodeBase64(await signatureBy(signer, preAuthEncoding(PAYLOAD_TYPE, payload)));
  const envelope = {
    payload: encodeBase64(payload),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: signer.public.id, sig }],
  };
  return `${canonicalJson(envelope)}\n`;
}

function statement(proven: readonly Proven[], context: ProofContext, time: string) {
  return {
    _type: STATEMENT_TYPE,
    subject: proven.map(({ verdict }) => ({
      name: `${verdict.id}@${verdict.version}`,
      digest: { sha256: verdict.tree!.slice('sha256:'.length) },
    })),
    predicateType: VERIFICATION_TYPE,
    predicate: {
      verifier: context.verifier,
      time,
      result: 'PASSED',
      trust: sha256(canonicalJson(trustFacts(context.trust))),
      policy: context.trust.policy?.digest ?? null,
      source: context.git?.facts.source ?? null,
      proof: sha256(proofText(proven, context)),
      capsules: proven.map(({ verdict }) => ({
        id: verdict.id,
        version: verdict.version,
        tree: verdict.tree,
        signers: verdict.signers,
      })),
    },
  };
}
