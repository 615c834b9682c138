import { fail } from '../../base/diagnostic.ts';
import type { Ports } from '../../base/ports.ts';
import {
  type Entry,
  FOLDER_MODE,
  LINK_MODE,
  SUBMODULE_MODE,
  type TrustFacts,
} from '../../trust/change/facts.ts';
import { loadTrust, type TrustStore } from '../../trust/store.ts';
import { POLICY_FILE, TRUST_FILE, WAIVERS_FILE } from '../../trust/trust-places.ts';
import type { TrustSource } from '../../trust/trust-source.ts';
import type { Git } from './command.ts';
import type { GitObjects } from './objects.ts';
import type { Plan } from './plan.ts';
import { type Revision, resolveRevision } from './revisions.ts';
import { GitTree } from './tree.ts';

const NO_FILE: readonly string[] = [FOLDER_MODE, LINK_MODE, SUBMODULE_MODE];
const TRUST_BYTES = 16 * 1024 * 1024;

export interface TrustChoice {
  /** A trust file on disk, in place of all other trust. */
  readonly file?: string | undefined;
  /** The commit whose trust file counts, with the policy and the waivers beside it, in place of the base's. */
  readonly from?: string | undefined;
  /** A policy on disk, and waivers, in place of those beside the trust file. */
  readonly policy?: string | undefined;
  readonly waivers?: string | undefined;
  /** Milliseconds since 1970 to hold expiry against. */
  readonly now: number;
}

export interface FoundTrust {
  readonly store: TrustStore;
  readonly facts: TrustFacts;
}

/**
 * Who is trusted, what is asked and what is let pass: by the files of the base, or of the commit that was named, never by those under
 * test. The user's own trust file counts as always.
 */
export async function trustFor(
  plan: Plan,
  choice: TrustChoice,
  { git, objects }: { readonly git: Git; readonly objects: GitObjects },
  ports: Ports,
): Promise<FoundTrust> {
  const { file, from, policy, waivers, now } = choice;
  const options = { capsules: [], policy, waivers, now };
  const [base, target] = await Promise.all([plan.base, plan.target].map(each => entryOf(each, objects)));
  const waived = plan.target && (await fileOf(plan.target, WAIVERS_FILE, objects));
  const entries = { base: base ?? null, target: target ?? null, waivers: waived?.bytes ?? null };
  if (file !== undefined) {
    const store = await loadTrust({ ...options, file }, ports);
    return { store, facts: { files: store.files, from: 'file', commit: null, ...entries } };
  }
  const commit = from === undefined ? plan.base : await resolveRevision(git, objects, from);
  const [repository, asked, passing] = await Promise.all(
    [TRUST_FILE, POLICY_FILE, WAIVERS_FILE].map(name => (commit ? fileOf(commit, name, objects) : undefined)),
  );
  const beside = { policy: asked, waivers: passing };
  const store = await loadTrust({ ...options, repository: repository ?? null, beside }, ports);
  const origin = from === undefined ? 'base' : 'commit';
  return { store, facts: { files: store.files, from: origin, commit: commit?.commit ?? null, ...entries } };
}

async function entryOf(commit: Revision | undefined, objects: GitObjects): Promise<Entry | undefined> {
  const node = commit && (await new GitTree(objects, commit.tree).find(TRUST_FILE));
  return node && { mode: node.mode, id: node.id };
}

/** A file at the top of a commit that says who is trusted, what is asked or what is let pass. @throws Failure VNES2408 when it is no file */
async function fileOf(commit: Revision, name: string, objects: GitObjects): Promise<TrustSource | undefined> {
  const node = await new GitTree(objects, commit.tree).find(name);
  if (!node) return undefined;
  const file = `${commit.commit.slice(0, 12)}:${name}`;
  const bytes = await trustBytes(node, objects);
  if (bytes) return { file, bytes };
  return fail('VNES2408', `${name} is no plain file`, {
    place: { file },
    expected: `a file of at most ${TRUST_BYTES} bytes`,
    found: `an entry of mode ${node.mode}`,
  });
}

/** The bytes of a trust file; undefined when it is no file. */
export async function trustBytes(node: Entry | undefined, objects: GitObjects): Promise<Buffer | undefined> {
  if (!node || NO_FILE.includes(node.mode)) return undefined;
  return (await objects.read(node.id, TRUST_BYTES))?.bytes;
}
