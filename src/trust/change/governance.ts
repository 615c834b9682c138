import { type Diagnostic, diagnose, Failure } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { policyDigest } from '../policy/parse.ts';
import type { RootTrust } from '../root/model.ts';
import { POLICY_FILE, WAIVERS_FILE } from '../trust-places.ts';
import { entryText } from '../waivers/encode.ts';
import { judgeWaiver } from '../waivers/judge.ts';
import type { WaiverEntry, WaiverTrust } from '../waivers/model.ts';
import { parseWaivers } from '../waivers/parse.ts';
import { type BeforeAfter, below, type GitFacts, type GovernanceFacts } from './facts.ts';
import { rootOf } from './trust-files.ts';

/**
 * Whether a policy changes only with the trust root that pins it. That the root may change at all is another check; here the two must
 * fit after the change, so that neither is edited, added or taken away without the other.
 */
export function policyChangeProblems(
  { folder, trust, policy }: GovernanceFacts,
  now: number,
): readonly Diagnostic[] {
  if (!changes(policy) && !changes(trust)) return [];
  const file = below(folder, POLICY_FILE);
  return caught(() => {
    const root = trust.after && rootOf(trust.after, file, now);
    const pinned = root?.document.signed.policy;
    const found = policy.after ? policyDigest(parseJson(policy.after, { file })) : undefined;
    if (pinned === found && (root || !changes(policy))) return [];
    return [
      diagnose('VNES2416', 'the policy and the trust root beside it do not fit after the change', {
        place: { file },
        expected: pinned ?? 'no policy, for no trust root pins one',
        found: found ?? 'no policy',
        help: 'change the policy with the trust root that pins it: vnes trust policy FILE, and have it signed',
      }),
    ];
  });
}

/**
 * Whether those who could waive before the change signed every waiver that it adds or edits. One that it takes away only lets less
 * pass.
 */
export function waiverChangeProblems(
  { folder, trust, waivers }: GovernanceFacts,
  now: number,
): readonly Diagnostic[] {
  const file = below(folder, WAIVERS_FILE);
  if (!changes(waivers) || !waivers.after) return [];
  return caught(() => {
    const known = new Set(former(waivers.before, file).map(entryText));
    const added = entriesOf(waivers.after!, file).filter(entry => !known.has(entryText(entry)));
    const root = trust.before ? rootOf(trust.before, file, now) : undefined;
    return added.flatMap(entry => unvouched(entry, root, file));
  });
}

function unvouched(entry: WaiverEntry, root: RootTrust | undefined, file: string): Diagnostic[] {
  const { id, capsule, namespace } = entry.waiver;
  const { problem } = judgeWaiver(entry, root, capsule ?? namespace!);
  if (problem === undefined) return [];
  return [
    diagnose('VNES2417', `the change brings the waiver ${id}, which does not count: ${problem}`, {
      place: { file },
      expected: 'a waiver signed by enough of those who could waive before the change',
      found: entry.waiver.reason,
      help: `have it signed: vnes waive --add ${id} --key NAME`,
    }),
  ];
}

/** A waiver that was taken back must not still count for a branch that left before. */
export function lostWaivers(
  { source, trust }: GitFacts,
  own: WaiverTrust | undefined,
): readonly Diagnostic[] {
  if (trust.from !== 'base' || source.base === null || source.target === null || !own) return [];
  const kept = new Set(former(trust.waivers, WAIVERS_FILE).map(entryText));
  return own.document.waivers
    .filter(entry => !kept.has(entryText(entry)))
    .map(({ waiver }) =>
      diagnose('VNES2406', `the waiver ${waiver.id} was taken back since this branch left`, {
        place: { file: WAIVERS_FILE },
        expected: 'waivers that are in force where it is to be merged into',
        found: `one of the merge base, ${source.base!.slice(0, 12)}`,
        help: `rebase or merge first, or judge by the newer files: --trust-from ${source.target!.slice(0, 12)}`,
      }),
    );
}

/** What a list of waivers held; nothing, when it was none. */
function former(bytes: Uint8Array | null, file: string): readonly WaiverEntry[] {
  try {
    return bytes ? entriesOf(bytes, file) : [];
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

function entriesOf(bytes: Uint8Array, file: string): readonly WaiverEntry[] {
  return parseWaivers(parseJson(bytes, { file }), bytes, file).waivers;
}

function changes({ before, after }: BeforeAfter): boolean {
  if (before === null || after === null) return before !== after;
  return Buffer.compare(before, after) !== 0;
}

/** What cannot be read is refused like what does not fit. */
function caught(work: () => readonly Diagnostic[]): readonly Diagnostic[] {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics;
    throw error;
  }
}
