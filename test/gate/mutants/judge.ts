import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../../src/base/diagnostic.ts';
import { hostPorts } from '../../../src/base/host.ts';
import { loadTrust } from '../../../src/trust/store.ts';
import { examineMeanwhile, verifyCapsule } from '../../../src/trust/verify.ts';
import { type Entry, RECEIPT, receiptOf, remove, type Subject, write } from './capsule.ts';
import { governanceFacts } from './policy.ts';
import { NOW, rootFacts } from './roots.ts';

/** What became of one subject: admitted by how many, or refused and why. Anything else is thrown. */
export type Judgement =
  | { readonly admitted: true; readonly tree: string; readonly signers: number }
  | { readonly admitted: false; readonly because: readonly string[] };

export async function judge(subject: Subject, scratch: string): Promise<Judgement> {
  const { folder, trust } = write(subject, scratch);
  try {
    const host = hostPorts();
    // What was seen before must not help: each mutant is the first that this machine meets.
    const home = path.join(path.dirname(folder), 'home');
    const ports = { ...host, env: { ...host.env, cwd: scratch, home, get: () => undefined } };
    const store = await loadTrust({ file: trust, capsules: [folder], now: NOW }, ports);
    const { verdict, walk } = verifyCapsule(folder, 'capsule', store);
    const meanwhile = await examineMeanwhile(walk, 'capsule', store);
    if (!isDeepStrictEqual(meanwhile, verdict))
      throw new Error('signatures on other threads, another verdict');
    if (verdict.admitted) return { admitted: true, tree: verdict.tree!, signers: verdict.signers.length };
    return {
      admitted: false,
      because: verdict.checks.filter(({ result }) => result === 'fail').map(({ id }) => id),
    };
  } catch (error) {
    if (error instanceof Failure) return { admitted: false, because: [error.diagnostics[0].code] };
    throw error;
  } finally {
    remove(folder);
  }
}

/**
 * Whether nothing that counts differs: the same files, the same payload spelled the same, the trusted key's own signature still
 * among the signatures, and that key still trusted for the same namespaces. Decided without any code of vnes.
 */
export function isSame(original: Subject, mutant: Subject): boolean {
  const [before, after] = [filesOf(original), filesOf(mutant)];
  if (before.size !== after.size || [...before].some(([name, text]) => after.get(name) !== text))
    return false;
  const [signed, found] = [envelopeOf(original), envelopeOf(mutant)];
  const [told, now] = [trustFacts(original), trustFacts(mutant)];
  if (!signed || !found || told === undefined || told !== now) return false;
  const governance = governanceFacts(mutant);
  if (governance === undefined || governance !== governanceFacts(original)) return false;
  const valid = signed.signatures.at(-1)!.sig;
  return (
    found.payloadType === signed.payloadType &&
    found.payload === signed.payload &&
    found.signatures.some(({ sig }) => sig === valid)
  );
}

/** What vnes says it never reads. */
const SKIPPED = /^(?:node_modules|\.git|\.vnes)(?:\/|$)/;

function filesOf({ entries }: Subject): Map<string, string> {
  const kept = [...entries].filter(
    ([name, entry]) => name !== RECEIPT && entry.kind !== 'folder' && !SKIPPED.test(name),
  );
  return new Map(kept.map(([name, entry]) => [name, contentOf(entry)]));
}

function contentOf(entry: Entry): string {
  if (entry.kind !== 'file') return JSON.stringify(entry);
  return `${entry.mode & 0o6100} ${entry.bytes.toString('latin1')}`;
}

interface Envelope {
  readonly payload: unknown;
  readonly payloadType: unknown;
  readonly signatures: readonly { readonly sig: unknown }[];
}

/** The last signature of the originals is the trusted one. */
function envelopeOf(subject: Subject): Envelope | undefined {
  if (subject.entries.get(RECEIPT)?.kind !== 'file') return undefined;
  try {
    const envelope = JSON.parse(receiptOf(subject)) as Envelope;
    return Array.isArray(envelope.signatures) ? envelope : undefined;
  } catch {
    return undefined;
  }
}

/** What the trust file says about the key of the originals, by that key; all of it, when it is a trust root. */
function trustFacts({ trust }: Subject): string | undefined {
  const root = rootFacts(trust);
  if (root !== undefined) return root;
  try {
    const { keys } = JSON.parse(trust) as { keys: { public_key: string; namespaces: string[] }[] };
    const ada = keys.find(({ namespaces }) => namespaces.includes('user.ada.*'));
    return ada?.public_key;
  } catch {
    return undefined;
  }
}
