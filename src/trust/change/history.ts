import { type Diagnostic, diagnose, warn } from '../../base/diagnostic.ts';
import type { Walk } from '../../capsule/inventory.ts';
import { MANIFEST_FILE, RECEIPT_FILE } from '../../capsule/tree.ts';
import { compareVersions } from '../../capsule/version.ts';
import type { CheckRow, Examination, Finding } from '../examination.ts';
import type { Verdict } from '../verdict.ts';
import type { Examined } from '../verify.ts';
import { below, OTHER_KINDS, type PathChange, type SchemaFacts } from './facts.ts';
import { topicProblem } from './topic-changes.ts';
import { changedTopics } from './topics.ts';

/** A capsule before a change: what it was, and the verdict about it. */
export interface PastCapsule extends Examined {
  readonly walk: Walk;
}

/** What is known of a capsule's past. */
export interface Past {
  /** What the change does to it, path by path. */
  readonly changes: readonly PathChange[];
  /** The capsule of an id as it was before the change, here or where it was moved from. */
  readonly before: (id: string) => PastCapsule | undefined;
  readonly schemas: SchemaFacts;
  /** Whether the state before has been merged. What is only committed may still change under its version. */
  readonly published: boolean;
}

/** What a change to a capsule must not do, besides all that is asked of a capsule at rest. */
export function historyChecks(past: Past): readonly CheckRow[] {
  return [
    {
      id: 'history.changes',
      proves: 'The change takes away no receipt or manifest and swaps no file for something else.',
      needs: [],
      run: ({ folder }) => ({
        evidence: past.changes.length === 1 ? '1 path changed' : `${past.changes.length} paths changed`,
        diagnostics: past.changes.flatMap(change => judgeChange(change, folder)),
      }),
    },
    {
      id: 'history.version',
      proves: 'The version does not go backwards.',
      needs: ['manifest.schema'],
      run: examination => judgeVersion(examination, past),
    },
    {
      id: 'history.content',
      proves: 'One version has one content.',
      needs: ['manifest.schema', 'receipt.tree'],
      run: examination => judgeContent(examination, past),
    },
    {
      id: 'history.topics',
      proves: 'Who relied on a topic of the capsule can do so still.',
      needs: ['manifest.schema', 'receipt.tree', 'authority'],
      run: examination => judgeTopics(examination, past),
    },
    {
      id: 'history.signers',
      proves: 'The signers before the change and after it were compared.',
      needs: ['manifest.schema', 'receipt.signatures'],
      run: examination => judgeSigners(examination, past),
    },
  ];
}

function judgeChange({ path, before, after }: PathChange, folder: string): Diagnostic[] {
  const place = { file: below(folder, path) };
  const help = 'git restore --staged --worktree --source=<base> brings it back';
  if (before && !after && (path === RECEIPT_FILE || path === MANIFEST_FILE)) {
    const what = path === RECEIPT_FILE ? 'receipt' : 'manifest';
    const message = `the change takes the ${what} away and leaves the capsule`;
    return [diagnose('VNES2407', message, { place, expected: path, found: 'a removal', help })];
  }
  if (!before || !after || before === after) return [];
  const found = OTHER_KINDS[after];
  if (found) {
    const expected = OTHER_KINDS[before] ?? 'a plain file';
    return [diagnose('VNES2408', `the change swaps a file for ${found}`, { place, expected, found, help })];
  }
  return [
    warn('VNES2409', 'the change flips the mode of a file', {
      place,
      expected: before,
      found: after,
      help: 'see that it is meant: an executable file is another file',
    }),
  ];
}

function judgeVersion({ folder, manifest }: Examination, past: Past): Finding {
  const { id, version } = manifest!;
  const before = past.before(id)?.verdict;
  if (!before) return { evidence: `${version} is new` };
  if (!isIntact(before))
    return { evidence: `what was there before, ${before.version}, was not whole itself` };
  const evidence = `${before.version} before, ${version} now`;
  if (compareVersions(version, before.version!) >= 0) return { evidence };
  return {
    evidence,
    diagnostics: [
      diagnose('VNES2410', 'the version goes backwards', {
        place: { file: `${folder}/${MANIFEST_FILE}`, pointer: '/version' },
        expected: `${before.version} or later`,
        found: version,
        help: `give it a version above ${before.version} and sign it again; to undo a release, release the old content anew`,
      }),
    ],
  };
}

/** Whether it was what its receipt says, whoever signed it: a key that was revoked since must not make way for older versions. */
function isIntact({ checks }: Verdict): boolean {
  return checks.some(({ id, result }) => id === 'receipt.tree' && result === 'pass');
}

function judgeContent({ folder, manifest, tree }: Examination, past: Past): Finding {
  const { id, version } = manifest!;
  const before = past.before(id)?.verdict;
  if (!before?.admitted || before.version !== version)
    return { evidence: 'another version, or a new capsule' };
  if (tree === before.tree) return { evidence: `${tree}, as before` };
  const say = past.published ? diagnose : warn;
  return {
    evidence: `${before.tree} before, ${tree} now`,
    diagnostics: [
      say('VNES2411', `the content of ${version} is not what it was`, {
        place: { file: `${folder}/${MANIFEST_FILE}`, pointer: '/version' },
        expected: before.tree,
        found: tree,
        help: `give it a version above ${version} and sign it again`,
      }),
    ],
  };
}

/** What was published under a topic's name is relied on; what is only committed may still change. */
function judgeTopics({ folder, manifest, walk }: Examination, past: Past): Finding {
  const before = past.before(manifest!.id);
  if (!before?.manifest) return { evidence: 'a new capsule' };
  if (!isIntact(before.verdict)) return { evidence: 'what was there before was not whole itself' };
  const changed = changedTopics(
    { manifest: before.manifest, walk: before.walk },
    { manifest: manifest!, walk },
  );
  const say = past.published ? diagnose : warn;
  return {
    evidence: changed.map(({ topic }) => topic).join(', ') || 'no topic has other schemas than before',
    diagnostics: changed.flatMap(each => topicProblem(each, past.schemas, folder, say)),
  };
}

function judgeSigners({ folder, manifest, signers = [] }: Examination, past: Past): Finding {
  const before = past.before(manifest!.id)?.verdict;
  const now = signers.map(({ name }) => name);
  if (!before) return { evidence: `signed by ${now.join(', ')}` };
  const evidence = `${before.signers.join(', ') || 'nobody trusted'} before, ${now.join(', ')} now`;
  const gone = before.signers.filter(name => !now.includes(name));
  if (gone.length === 0) return { evidence };
  const changed = warn('VNES2412', `${gone.join(', ')} signed this capsule before and does not now`, {
    place: { file: `${folder}/${RECEIPT_FILE}` },
    expected: before.signers.join(', '),
    found: now.join(', '),
    help: 'see that the change of hands is meant',
  });
  return { evidence, diagnostics: [changed] };
}
