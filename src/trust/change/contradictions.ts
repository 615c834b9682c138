import { sha256 } from '../../base/digest.ts';
import { MANIFEST_FILE, RECEIPT_FILE } from '../../capsule/tree.ts';
import type { CapsuleFacts, GitFacts, PastFacts, PathChange, SourceFacts } from './facts.ts';

/** Which commits each kind of source has. */
const COMMITS: Readonly<
  Record<SourceFacts['kind'], Readonly<Record<'base' | 'commit' | 'target', boolean | undefined>>>
> = {
  // Before the first commit, the index is compared with nothing.
  staged: { base: undefined, commit: false, target: false },
  since: { base: true, commit: true, target: true },
  tree: { base: false, commit: true, target: false },
};

/** Why no repository can have shown these facts, or undefined. */
export function contradictionInFacts(facts: GitFacts): string | undefined {
  const { source, trust, capsules, past, removed, schemas, trustFiles, governance } = facts;
  const odd = (['base', 'commit', 'target'] as const).find(name => {
    const wanted = COMMITS[source.kind][name];
    return wanted !== undefined && wanted !== (source[name] !== null);
  });
  if (odd !== undefined) return `${source[odd] === null ? 'no' : 'a'} ${odd} of --${source.kind}`;
  if (trust.commit !== { base: source.base, commit: trust.commit, file: null }[trust.from])
    return 'trust from another commit than that which counts';
  if (trust.from === 'commit' && trust.commit === null) return 'trust from a commit that is not named';
  if (source.kind === 'tree') {
    if (capsules.length === 0) return 'a tree without capsules';
    if (
      [past, removed, trustFiles, governance, ...capsules.map(({ changes }) => changes)].some(
        list => list.length > 0,
      ) ||
      schemas.size > 0
    )
      return 'a tree by itself, and changes';
  }
  const before = new Map(past.map(each => [each.folder, each] as const));
  if (before.size < past.length) return 'two capsules at one folder before the change';
  const lost = removed.find(({ folder }) => !before.has(folder));
  if (lost) return `nothing of the capsule ${lost.folder}, which is gone`;
  const told = new Set([...capsules, ...removed].map(({ folder }) => folder));
  const hidden = past.find(({ folder }) => !told.has(folder));
  if (hidden) return `nothing of what became of the capsule ${hidden.folder}`;
  return capsules.map(each => contradictionInChanges(each, before.get(each.folder), facts)).find(Boolean);
}

/** Why a capsule cannot have become what it is by the changes that are listed, as far as its files can show it. */
function contradictionInChanges(
  now: CapsuleFacts,
  past: PastFacts | undefined,
  { source, removed }: GitFacts,
): string | undefined {
  const { folder, walk } = now;
  const changes = new Map(now.changes.map(change => [change.path, change] as const));
  if (changes.size < now.changes.length) return `a path of ${folder} changes twice`;
  if (source.kind === 'tree') return undefined;
  const nested = removed.some(outer => outer.folder === '.' || folder.startsWith(`${outer.folder}/`));
  if (!past) return nested ? undefined : contradictionInNew(now, changes);
  if (walk.problems.length + past.walk.problems.length > 0) return undefined;
  const [was, is] = [contents(past), contents(now)];
  const other = [...new Set([...was.keys(), ...is.keys()])].find(
    path => !isTold(was.get(path), is.get(path), changes.get(path)),
  );
  return other && `${JSON.stringify(other)} of ${folder} is not what the changes make of it`;
}

/** A capsule that is new has documents that are new. */
function contradictionInNew({ folder, walk }: CapsuleFacts, changes: Changes): string | undefined {
  const old = [MANIFEST_FILE, RECEIPT_FILE].find(path => {
    const change = changes.get(path);
    return change ? change.before !== null : walk.kept.has(path);
  });
  return old && `${folder} had a ${old} before, and nothing is said of that capsule`;
}

type Changes = ReadonlyMap<string, PathChange>;

/** A file's mode, null where it is not known, and what tells its content from another. */
type Content = readonly [mode: string | null, content: string];

/** Whether a path changed exactly if its content did, and from the mode that it had to the one that it has. */
function isTold(was: Content | undefined, is: Content | undefined, change: PathChange | undefined): boolean {
  if (was?.join() === is?.join()) return change === undefined;
  const [before, after] = [was, is].map(each => (each ? each[0] : null));
  const unknown = was?.[0] === null || is?.[0] === null;
  return change !== undefined && (unknown || (change.before === before && change.after === after));
}

/** What is known of each file. Of the receipt, which no list of files holds, that is its bytes. */
function contents({ walk }: PastFacts): ReadonlyMap<string, Content> {
  const files = walk.files.map(({ path, mode, sha256 }) => [path, [mode, sha256]] as const);
  const receipt = walk.kept.get(RECEIPT_FILE);
  return new Map<string, Content>(receipt ? [...files, [RECEIPT_FILE, [null, sha256(receipt)]]] : files);
}
