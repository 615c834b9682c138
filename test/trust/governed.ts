import { readFileSync } from 'node:fs';
import { encodeBase64 } from '../../src/base/base64.ts';
import { Failure } from '../../src/base/diagnostic.ts';
import { hostPorts } from '../../src/base/host.ts';
import type { JsonObject, JsonValue } from '../../src/base/json.ts';
import { walkCapsule } from '../../src/capsule/walk.ts';
import { policyDigest } from '../../src/trust/policy/parse.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { proofText } from '../../src/trust/proof.ts';
import { rootText } from '../../src/trust/root/encode.ts';
import type { Delegation, SignedRoot } from '../../src/trust/root/model.ts';
import { loadTrust, type TrustOptions, type TrustStore } from '../../src/trust/store.ts';
import { type Check, diagnosticsOf, type Verdict } from '../../src/trust/verdict.ts';
import { examineWalk } from '../../src/trust/verify.ts';
import { waiverMessage } from '../../src/trust/waivers/encode.ts';
import type { Waiver, WaiverEntry } from '../../src/trust/waivers/model.ts';
import { decideAgain } from '../projections/agreement.ts';
import { MANIFEST, makeCapsule, portsIn, temporaryFolder, writeFiles } from './capsules.ts';
import { begun, KEYS, type Name, NOW, rootOf, signed } from './roots.ts';
import { signNow } from './sign-now.ts';

/** Who has which role of the capsule user.ada.counter: one builder, any of four reviewers, two who may waive together. */
export const SEATS: readonly Delegation[] = [
  { role: 'build', namespace: 'user.ada.*', threshold: 1, principals: ['ada', 'bob'] },
  { role: 'review', namespace: 'user.*', threshold: 1, principals: ['ada', 'bob', 'cyd', 'dan'] },
  { role: 'deploy', namespace: 'user.*', threshold: 1, principals: ['dan'] },
  { role: 'waive', namespace: 'user.*', threshold: 2, principals: ['ada', 'bob', 'cyd'] },
];

/** A rule about everything, with changes. */
export function rule(change: JsonObject): JsonObject {
  return {
    id: 'rule',
    why: 'because',
    scopes: [{ namespace: '*', level: 'enforce' }],
    ...change,
  };
}

export function policyOf(...rules: readonly JsonObject[]): JsonObject {
  return { version: 1, rules };
}

/** A waiver for the rule `rule` of the capsule, signed by these. */
export function waiverOf(change: Partial<Waiver> = {}, ...names: readonly Name[]): WaiverEntry {
  const waiver = {
    id: 'one',
    check: 'policy/rule',
    capsule: 'user.ada.counter',
    reason: 'it is being mended',
    owner: 'ada',
    expires: '2026-07-01T00:00:00Z',
    ...change,
  };
  const entry = Object.fromEntries(
    Object.entries(waiver).filter(([, value]) => value !== undefined),
  ) as Waiver;
  return { waiver: entry, signatures: names.map(name => signatureOf(entry, KEYS[name])) };
}

export function signatureOf(waiver: Waiver, key: SigningKey) {
  return { public_key: key.public.base64, sig: encodeBase64(key.sign(waiverMessage(waiver))) };
}

export interface World {
  /** The root that is pinned to the policy; undefined for none at all. */
  readonly root?: Partial<SignedRoot>;
  readonly policy?: JsonValue;
  readonly waivers?: readonly WaiverEntry[];
  /** Other files beside the root. */
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: Partial<TrustOptions>;
}

/** Whom a repository with these files trusts. The root pins the policy, unless it says otherwise. */
export async function trustIn({
  root = {},
  policy,
  waivers,
  files = {},
  options,
}: World): Promise<TrustStore> {
  const folder = temporaryFolder();
  const pin = policy === undefined ? {} : { policy: policyDigest(policy) };
  const content = { ...rootOf(['ada', 'bob', 'cyd', 'dan', 'eve'], 1), delegations: SEATS, ...pin, ...root };
  writeFiles(folder, {
    '.git/HEAD': '',
    'vnes.trust.json': rootText(begun(signed(content as SignedRoot, KEYS.ada))),
    ...(policy === undefined ? {} : { 'vnes.policy.json': JSON.stringify(policy, undefined, 2) }),
    ...(waivers ? { 'vnes.waivers.json': JSON.stringify({ version: 1, waivers }) } : {}),
    ...files,
  });
  return loadTrust({ capsules: [], now: NOW, ...options }, portsIn(folder));
}

export interface Subject {
  readonly manifest?: JsonObject;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly signers?: readonly Name[];
  /** What happens to the folder after it was signed. */
  readonly after?: (folder: string) => void;
}

/** The verdict about a capsule of ada's, signed by ada unless told otherwise. The second checker decides it too, in the end. */
export async function verdictOf(world: World | TrustStore, subject: Subject = {}): Promise<Verdict> {
  const { proof, verdict } = await judged(world, subject);
  decideAgain(proof);
  return verdict;
}

/** The proof of such a verdict. */
export async function governedProof(world: World | TrustStore, subject: Subject = {}): Promise<string> {
  return (await judged(world, subject)).proof;
}

async function judged(world: World | TrustStore, subject: Subject) {
  const trust = 'keys' in world ? world : await trustIn(world);
  const { manifest = {}, files = {}, signers = ['ada'], after } = subject;
  const folder = makeCapsule({ 'manifest.json': JSON.stringify({ ...MANIFEST, ...manifest }), ...files });
  signers.forEach((name, index) => {
    signNow(folder, 'counter', KEYS[name], hostPorts(), { add: index > 0 });
  });
  after?.(folder);
  const walk = walkCapsule(folder, { shownAs: 'counter' });
  const { verdict } = examineWalk(walk, 'counter', trust);
  const proof = proofText([{ walk, verdict }], { verifier: { name: 'vnes', version: 'test' }, trust });
  return { proof, verdict };
}

/** A verdict in a few words: the grade, then each check that is not passed, parts after what they are part of. */
export function inWords({ grade, checks }: Verdict): string[] {
  const told = (each: readonly Check[]): string[] =>
    each.flatMap(check => [
      ...(check.result === 'pass' ? [] : [`${check.id} ${check.result}`]),
      ...told(check.checks ?? []),
    ]);
  return [grade, ...told(checks)];
}

/** The codes of all that a verdict says. */
export function codesIn(verdict: Verdict): string[] {
  return [...new Set(diagnosticsOf(verdict.checks).map(({ code }) => code))];
}

/** The check of a name, at whatever level. */
export function checkIn({ checks }: Verdict, id: string): Check {
  return [...checks, ...checks.flatMap(check => check.checks ?? [])].find(check => check.id === id)!;
}

/** The codes of what is thrown. */
export async function thrownBy(work: () => Promise<unknown>): Promise<readonly string[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
}

export function readText(file: string): string {
  return readFileSync(file, 'utf8');
}
