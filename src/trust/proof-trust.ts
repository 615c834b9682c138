import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, fail } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import { parseUtc } from '../base/time.ts';
import type { ProofDocument } from '../generated/proof.js';
import { preparePolicy } from './policy/load.ts';
import type { PolicyTrust } from './policy/model.ts';
import { parsePolicy, policyDigest } from './policy/parse.ts';
import { plain } from './proof.ts';
import { PublicKey } from './public-key.ts';
import { rootKeys } from './root/keys.ts';
import { loadRoot } from './root/load.ts';
import type { RootTrust } from './root/model.ts';
import type { TrustedKey, TrustStore } from './store.ts';
import { statedWaivers } from './waivers/load.ts';
import type { WaiverTrust } from './waivers/model.ts';
import { parseWaivers } from './waivers/parse.ts';

/**
 * Who was trusted, what was asked and what was let pass, by a proof. Policy and waivers are decided again under the stated root.
 * @throws Failure VNES2033, VNES2060, VNES2701, VNES3004, VNES3005, VNES3010
 */
export async function statedTrust(document: ProofDocument, file: string): Promise<TrustStore> {
  const store = whoWasTrusted(document, file);
  const policy = await statedPolicy(document, store.root, file);
  const waivers = statedWaiverTrust(document, store.root, file);
  return { ...store, ...(policy ? { policy } : {}), ...(waivers ? { waivers } : {}) };
}

/** A policy that counts must be the one that the stated root pins; why one does not count can refuse but not admit, and is believed. */
async function statedPolicy(
  { policy }: ProofDocument,
  root: RootTrust | undefined,
  file: string,
): Promise<PolicyTrust | undefined> {
  const pinned = root?.document.signed.policy;
  if (policy === null)
    return pinned === undefined
      ? undefined
      : refuse('the trust root pins a policy, and none is stated', '/policy', file);
  const { source, file: shown } = policy;
  const problems = policy.problems as unknown as readonly Diagnostic[];
  const value = policy.document as JsonValue;
  if (
    (value === null) !== problems.length > 0 ||
    (source === 'unpinned') !== (pinned === undefined && value === null)
  )
    return refuse('the policy contradicts what is said of it', '/policy', file);
  if (value === null) return preparePolicy({ source, file: shown, document: null, problems });
  if (source === 'root' && policyDigest(value) !== pinned)
    return refuse('the policy is not the one that the trust root pins', '/policy/document', file);
  const document = parsePolicy(value, Buffer.from(JSON.stringify(value), 'utf8'), shown);
  return preparePolicy({ source, file: shown, document, problems });
}

function statedWaiverTrust(
  { waivers }: ProofDocument,
  root: RootTrust | undefined,
  file: string,
): WaiverTrust | undefined {
  if (waivers === null) return undefined;
  const value = waivers.document as JsonValue;
  const document = parseWaivers(value, Buffer.from(JSON.stringify(value), 'utf8'), file);
  return statedWaivers(document, waivers.file, root);
}

/**
 * Who was trusted, by a proof. A trust root is decided again from its signatures at the time that the proof states; only what the
 * machine remembered of it cannot be, and is taken from the proof, where it can refuse but not admit.
 * @throws Failure VNES2033, VNES2060, VNES2701
 */
function whoWasTrusted({ trust, time, git }: ProofDocument, file: string): TrustStore {
  const stated = trust.keys.map((entry, index) => trustedKey(entry, index, file));
  if (new Set(stated.map(({ key }) => key.base64)).size < stated.length)
    refuse('a key is trusted twice', '/trust/keys', file);
  const problems = trust.problems as unknown as readonly Diagnostic[];
  if (trust.root === null) {
    if (time !== null && (git?.trust_files.length ?? 0) + (git?.governance.length ?? 0) === 0)
      refuse('a time is stated, and nothing depends on one', '/time', file);
    if (time !== null && parseUtc(time) === undefined) refuse('a time of another form', '/time', file);
    if (problems.length > 0 && stated.length > 0)
      refuse('keys are trusted in spite of a problem', '/trust/keys', file);
    return { files: [file], keys: stated, ...(problems.length > 0 ? { problems } : {}) };
  }
  const now = parseUtc(time ?? '') ?? refuse('a trust root was used at no time', '/time', file);
  const { file: shown, document, forgotten } = trust.root;
  const value = document as JsonValue;
  const bytes = Buffer.from(JSON.stringify(value), 'utf8');
  const decided = loadRoot({ file: shown, bytes, value }, { now });
  const root = {
    ...decided,
    problems: decided.problems.length > 0 ? decided.problems : problems,
    ...(forgotten === undefined ? {} : { forgotten }),
  };
  const keys = root.problems.length > 0 ? [] : rootKeys(root.document.signed);
  if (shape(keys) !== shape(stated)) refuse('the keys are not those of the trust root', '/trust/keys', file);
  return { files: [file], root, problems: root.problems, keys };
}

function trustedKey(
  { name, public_key, namespaces }: ProofDocument['trust']['keys'][number],
  index: number,
  file: string,
): TrustedKey {
  const pointer = `/trust/keys/${index}/public_key`;
  return { name, namespaces, key: PublicKey.fromBase64(public_key, { file, pointer }) };
}

function shape(keys: readonly TrustedKey[]): string {
  return canonicalJson(plain(keys.map(({ name, key, namespaces }) => [name, key.base64, namespaces])));
}

function refuse(message: string, pointer: string, file: string): never {
  return fail('VNES2701', message, {
    place: { file, pointer },
    expected: 'a proof as vnes verify --proof writes it',
    help: 'make it anew: vnes verify --proof FILE',
  });
}
