import type { Code } from '../../base/codes/all.ts';
import { LIMITS } from '../../base/limits.ts';
import { commandLine } from '../../base/shell.ts';
import type { Receipt, Signature } from '../../capsule/receipt.ts';
import { covers, NEW_KEY_NAMESPACES } from '../namespace.ts';
import type { RootTrust } from '../root/model.ts';
import { fewestSigners, tally } from '../root/tally.ts';
import { judgeSignatures, signersOf } from '../signatures.ts';
import type { TrustedKey, TrustStore } from '../store.ts';
import type { RemedyContext, Step } from './model.ts';
import { keyName, keyOf, keysOf } from './roots.ts';

/** What the step does that begins a receipt. */
export const NEW_RECEIPT_WRITTEN = 'writes a new receipt of what lies there';

/** What has to be signed, and by whom it is signed already. */
export interface Unsigned extends Pick<RemedyContext, 'keys'> {
  readonly trust: TrustStore;
  /** The capsule's folder as commands name it. */
  readonly folder: string;
  /** Undefined while the manifest cannot be read. */
  readonly id: string | undefined;
  /** The receipt that signatures can be added to; undefined when it takes a new one. */
  readonly receipt: Receipt | undefined;
  /** Names of those who are better asked than others: they signed before. */
  readonly before: readonly string[];
  readonly why: readonly Code[];
  /** Who has to sign besides those whom the trust asks for, when these did. */
  readonly people?: (signed: readonly TrustedKey[]) => readonly string[];
}

/** The fewest signatures, one step each. */
export function signSteps(asked: Unsigned): readonly Step[] {
  const { receipt } = asked;
  const fresh = withPeople(asked, fewest(asked, []), []);
  const added = receipt && additions(asked, receipt);
  if (added && (!fresh || added.length <= fresh.length))
    return added.map(name => signStep(asked, name, true));
  return fresh ? fresh.map((name, index) => signStep(asked, name, index > 0)) : nobody(asked);
}

/** The names, and those whom rules ask for besides. */
function withPeople(
  { trust, people }: Unsigned,
  names: readonly string[] | undefined,
  signed: readonly TrustedKey[],
): readonly string[] | undefined {
  if (!names || !people) return names;
  const then = [...signed, ...trust.keys.filter(({ name }) => names.includes(name))];
  return [...new Set([...names, ...people(then)])];
}

/** Who has to add a signature, or to replace one that does not hold. Undefined when additions cannot do. */
function additions(asked: Unsigned, receipt: Receipt): readonly string[] | undefined {
  const findings = judgeSignatures(receipt, asked.trust.keys);
  const bad = findings.map(({ kind }, index) => (kind === 'unsafe' || kind === 'broken' ? index : -1));
  // A signature is replaced by its key id: what names nobody who is trusted stays.
  const owners = bad
    .filter(index => index >= 0)
    .map(index => ownerOf(receipt.signatures[index]!, asked.trust));
  const known = owners.filter(owner => owner !== undefined);
  if (known.length < owners.length) return undefined;
  const names = [...new Set(known.map(({ name }) => name))];
  const more = fewest(asked, [...signersOf(findings), ...known]);
  const all = withPeople(asked, more && [...names, ...more], [...signersOf(findings), ...known]);
  return all && receipt.signatures.length + all.length <= LIMITS.signatures ? all : undefined;
}

function ownerOf({ keyid }: Signature, { keys }: TrustStore): TrustedKey | undefined {
  return keyid === undefined ? undefined : keys.find(({ key }) => key.id === keyid);
}

/** The fewest names whose signatures are enough together with those that are there. */
function fewest(asked: Unsigned, signed: readonly TrustedKey[]): readonly string[] | undefined {
  return asked.trust.root ? fewestOfRoot(asked, asked.trust.root, signed) : oneOfList(asked, signed);
}

function fewestOfRoot(
  { id, before, keys }: Unsigned,
  { document }: RootTrust,
  signed: readonly TrustedKey[],
): readonly string[] | undefined {
  if (id === undefined) return undefined;
  const roles = (['build', 'deploy'] as const).filter(role => document.signed.require.includes(role));
  // Whatever roles the root asks for, the check of authority asks for one builder.
  const tallies = [...new Set(['build' as const, ...roles])].map(role => {
    const found = tally(
      document.signed,
      role,
      id,
      signed.map(({ key }) => key.base64),
    );
    const missing = roles.includes(role) ? found.missing : Number(found.counted.length === 0);
    return { ...found, missing, candidates: preferred(found.candidates) };
  });
  return fewestSigners(tallies);

  function preferred(names: readonly string[]): readonly string[] {
    const theirs = (name: string) => document.signed.principals.find(each => each.name === name)?.keys ?? [];
    const rank = (name: string) =>
      before.includes(name) ? 0 : theirs(name).some(key => keys?.has(key)) ? 1 : 2;
    return names.toSorted((a, b) => rank(a) - rank(b));
  }
}

function oneOfList(
  { trust, id, before, keys }: Unsigned,
  signed: readonly TrustedKey[],
): readonly string[] | undefined {
  const may = ({ namespaces }: TrustedKey) =>
    id !== undefined && namespaces.some(pattern => covers(pattern, id));
  if (signed.some(may)) return [];
  const rank = ({ name, key }: TrustedKey) => (keys?.has(key.base64) ? 0 : before.includes(name) ? 1 : 2);
  const [best] = trust.keys.filter(may).toSorted((a, b) => rank(a) - rank(b));
  return best && [best.name];
}

function signStep(asked: Unsigned, name: string, add: boolean): Step {
  const { folder, why } = asked;
  const key = ['--key', nameOfKey(asked, name)];
  return {
    kind: 'sign',
    does: add ? 'adds a signature to the receipt' : NEW_RECEIPT_WRITTEN,
    commands: [commandLine(['vnes', 'sign', ...(add ? ['--add'] : []), ...key], [folder])],
    needs: keyOf(name, publicKeys(asked, name), asked.keys),
    automatic: false,
    why,
  };
}

/** What the user calls a key, if it is one of theirs. */
function nameOfKey(asked: Unsigned, name: string): string {
  const { trust, keys } = asked;
  if (trust.root) return keyName(name, trust.root.document.signed, { keys });
  return publicKeys(asked, name).flatMap(key => keys?.get(key) ?? [])[0] ?? name;
}

/** The public keys that a signer has, in base64. */
function publicKeys({ trust }: Unsigned, name: string): readonly string[] {
  if (trust.root) return keysOf(name, trust.root.document.signed);
  return trust.keys.filter(each => each.name === name).map(({ key }) => key.base64);
}

/** Nobody is trusted with this id, or the id is not known yet. */
function nobody(asked: Unsigned): readonly Step[] {
  const { trust, id, folder, keys, why } = asked;
  const sign = commandLine(['vnes', 'sign'], [folder]);
  const step = { automatic: false, why };
  if (id === undefined) {
    const needs = 'the keys of those who may sign for its id';
    return [{ ...step, kind: 'sign', does: NEW_RECEIPT_WRITTEN, commands: [sign], needs }];
  }
  if (trust.files.length === 0 && NEW_KEY_NAMESPACES.some(each => covers(each, id)) && !keys?.size) {
    const does = `makes a key and trusts it on this machine for ${NEW_KEY_NAMESPACES.join(' and ')}`;
    return [
      { ...step, kind: 'trust', does, commands: ['vnes keys create'], needs: 'nothing but your word' },
      { ...signStep(asked, 'default', false), needs: 'your new key' },
    ];
  }
  const file = trust.files.join(' or ') || 'a trust file';
  const does = `decide who may sign ${id}, and name the key with a namespace that covers it in ${file}; then: ${sign}`;
  return [{ ...step, kind: 'trust', does, commands: [], needs: 'whoever may change that file' }];
}
