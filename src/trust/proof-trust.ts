import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, fail } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import { parseUtc } from '../base/time.ts';
import type { ProofDocument } from '../generated/proof.js';
import { plain } from './proof.ts';
import { PublicKey } from './public-key.ts';
import { rootKeys } from './root/keys.ts';
import { loadRoot } from './root/load.ts';
import type { TrustedKey, TrustStore } from './store.ts';

/**
 * Who was trusted, by a proof. A trust root is decided again from its signatures at the time that the proof states; only what the
 * machine remembered of it cannot be, and is taken from the proof, where it can refuse but not admit.
 * @throws Failure VNES2033, VNES2060, VNES2701
 */
export function statedTrust({ trust, time, git }: ProofDocument, file: string): TrustStore {
  const stated = trust.keys.map((entry, index) => trustedKey(entry, index, file));
  if (new Set(stated.map(({ key }) => key.base64)).size < stated.length)
    refuse('a key is trusted twice', '/trust/keys', file);
  const problems = trust.problems as unknown as readonly Diagnostic[];
  if (trust.root === null) {
    if (time !== null && (git?.trust_files.length ?? 0) === 0)
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
