import type { Code } from '../../base/codes/all.ts';
import { diagnose } from '../../base/diagnostic.ts';
import { commandLine } from '../../base/shell.ts';
import type { Walk } from '../../capsule/inventory.ts';
import { MANIFEST_FILE, RECEIPT_FILE, treeDigest } from '../../capsule/tree.ts';
import { type BeforeAfter, below, type GitFacts, OTHER_KINDS } from '../change/facts.ts';
import type { GitVerdict } from '../change/judge.ts';
import { CHECKS } from '../checks.ts';
import type { TrustStore } from '../store.ts';
import { POLICY_FILE, TRUST_FILE, WAIVERS_FILE } from '../trust-places.ts';
import type { Check, Proven, Verdict } from '../verdict.ts';
import { examineWalk } from '../verify.ts';
import type { Remedy, RemedyContext, Step } from './model.ts';
import { codesOf, type Reason, reasonsOf } from './reasons.ts';
import { remedyOf } from './remedy.ts';
import { NEW_RECEIPT_WRITTEN } from './signers.ts';

/** What was judged of a change, or of a tree, and under which trust. */
export interface Judged extends GitVerdict {
  readonly facts: GitFacts;
  readonly trust: TrustStore;
}

export interface ChangeContext extends Pick<RemedyContext, 'keys' | 'options' | 'cwd'> {
  /** The way from the folder that commands are typed in to the top of the repository: empty, or `../` some times. */
  readonly top: string;
}

/** What would turn the refusal of a change. */
export interface ChangeRemedies {
  readonly capsules: ReadonlyMap<Verdict, Remedy>;
  /** Of the change as a whole; undefined when it is not refused. */
  readonly change?: Remedy;
}

/**
 * The fewest steps that would turn a refused change, by capsule and as a whole: in the working tree, then into the index, and into
 * a commit where commits are judged. Reads nothing but its arguments.
 */
export function remediesOfChange(judged: Judged, context: ChangeContext): ChangeRemedies {
  const refused = judged.examined.filter(({ verdict }) => !verdict.admitted);
  const capsules = refused.flatMap(proven => {
    const steps = capsuleSteps(proven, judged, context);
    return steps.length > 0 ? [[proven.verdict, { steps }] as const] : [];
  });
  const steps = changeSteps(judged, context);
  return { capsules: new Map(capsules), ...(steps.length > 0 ? { change: { steps } } : {}) };
}

function capsuleSteps(proven: Proven, judged: Judged, context: ChangeContext): readonly Step[] {
  const lost = reasonsOf(proven.verdict.checks).filter(({ cure }) => cure === 'change');
  const receipt = below(proven.verdict.folder, RECEIPT_FILE);
  const all = stepsWith(proven, lost, judged, context);
  const others = lost.filter(({ diagnostic }) => diagnostic.place?.file !== receipt);
  // A new receipt takes the place of the one that the change takes away.
  const anew = all.some(({ does }) => does === NEW_RECEIPT_WRITTEN);
  return anew && others.length < lost.length ? stepsWith(proven, others, judged, context) : all;
}

/** The steps when what some findings tell of is brought back first. */
function stepsWith(
  { verdict, walk }: Proven,
  lost: readonly Reason[],
  { facts, trust }: Judged,
  context: ChangeContext,
): readonly Step[] {
  const paths = placesOf(lost);
  const past = facts.past.find(({ folder }) => folder === verdict.folder)?.walk;
  const back = paths.length > 0 ? [bringBack(paths, codesOf(lost), facts, context)] : [];
  const restored = past && paths.length > 0 ? withPast(walk, past, paths, verdict.folder) : walk;
  const again = paths.length > 0 ? judgedAgain(verdict, restored, trust) : verdict;
  const now = anticipated(again, restored, facts, trust);
  const folder = typed(verdict.folder, context);
  const more = remedyOf(now, { ...context, trust, walk: restored, folder })?.steps ?? [];
  const steps = [...back, ...more, ...(more.some(changesTrust) ? [landTrustFirst(more)] : [])];
  const inTree = more.some(({ kind }) => kind !== 'trust' && kind !== 'waive');
  return [...steps, ...finishing(facts, inTree ? folder : undefined, steps)];
}

function changesTrust({ kind, commands }: Step): boolean {
  return (kind === 'trust' || kind === 'waive') && commands.length > 0;
}

function landTrustFirst(steps: readonly Step[]): Step {
  return {
    kind: 'edit',
    does: 'merge who is trusted and what is waived on its own first: a change is judged by what it starts from',
    commands: [],
    needs: 'whoever merges',
    automatic: false,
    why: [...new Set(steps.filter(changesTrust).flatMap(({ why }) => why))],
  };
}

/** The walk with some paths as they were before. */
function withPast(walk: Walk, past: Walk, paths: readonly string[], folder: string): Walk {
  const concerned = (path: string) => paths.includes(below(folder, path));
  const mix = <Item extends { readonly path: string }>(now: readonly Item[], then: readonly Item[]) => [
    ...now.filter(({ path }) => !concerned(path)),
    ...then.filter(({ path }) => concerned(path)),
  ];
  const kept = [...walk.kept].filter(([path]) => !concerned(path));
  return {
    files: mix(walk.files, past.files),
    imports: mix(walk.imports, past.imports),
    kept: new Map([...kept, ...[...past.kept].filter(([path]) => concerned(path))]),
    problems: walk.problems.filter(({ place }) => !paths.includes(place?.file ?? '')),
  };
}

/** The verdict about another walk, with what else was asked of the change but what is brought back. */
function judgedAgain(verdict: Verdict, walk: Walk, trust: TrustStore): Verdict {
  const ours = new Set(CHECKS.map(({ id }) => id));
  const others = verdict.checks.filter(({ id }) => !ours.has(id) && id !== 'history.changes');
  const again = examineWalk(walk, verdict.folder, trust).verdict;
  const admitted = again.admitted && reasonsOf(others).length === 0;
  return { ...again, admitted, checks: [...again.checks, ...others] };
}

/**
 * With what the change is asked once its receipt is true again: what was published under a version keeps its content, so what is
 * signed anew takes another version.
 */
function anticipated(verdict: Verdict, walk: Walk, { source, past }: GitFacts, trust: TrustStore): Verdict {
  const blocked = verdict.checks.find(({ id, result }) => id === 'history.content' && result === 'blocked');
  if (!blocked || source.target === null || verdict.id === undefined) return verdict;
  const before = past
    .map(({ folder, walk: then }) => examineWalk(then, folder, trust).verdict)
    .find(({ id, version, admitted }) => admitted && id === verdict.id && version === verdict.version);
  if (!before || before.tree === treeDigest(walk.files)) return verdict;
  const version = diagnose('VNES2411', `the content of ${verdict.version} is not what it was`, {
    place: { file: below(verdict.folder, MANIFEST_FILE), pointer: '/version' },
    help: `give it a version above ${verdict.version}`,
  });
  const told: Check = { ...blocked, result: 'fail', diagnostics: [version] };
  return { ...verdict, checks: verdict.checks.map(check => (check === blocked ? told : check)) };
}

/** What is the matter with the change beside its capsules, one step for each kind of it. */
function changeSteps({ change, facts }: Judged, context: ChangeContext): readonly Step[] {
  const reasons = reasonsOf(change);
  const steps = CHANGES.flatMap(({ codes, step }) => {
    const these = reasons.filter(({ diagnostic }) => codes.includes(diagnostic.code));
    return these.length > 0 ? step(these, facts, context) : [];
  });
  return steps.length > 0 ? [...steps, ...finishing(facts, undefined, steps)] : [];
}

interface ChangeRow {
  readonly codes: readonly Code[];
  readonly step: (reasons: readonly Reason[], facts: GitFacts, context: ChangeContext) => readonly Step[];
}

/** The trust file's own codes speak of a new version that does not count: it is taken back like every other change of trust. */
const TRUST_CODES: readonly Code[] = [
  ...(['VNES1001', 'VNES1002', 'VNES1003', 'VNES1004', 'VNES1005', 'VNES1006', 'VNES1007'] as const),
  ...([
    'VNES1011',
    'VNES2033',
    'VNES2060',
    'VNES2061',
    'VNES2062',
    'VNES2063',
    'VNES2069',
    'VNES2405',
    'VNES2416',
    'VNES2417',
    'VNES3010',
  ] as const),
];

const CHANGES: readonly ChangeRow[] = [
  { codes: TRUST_CODES, step: takeTrustBack },
  {
    codes: ['VNES2406'],
    step: (reasons, { source }) => [
      gitStep('takes in who is trusted now', ['git', 'merge', source.target ?? ''], [], codesOf(reasons)),
    ],
  },
  {
    codes: ['VNES2407', 'VNES2408'],
    step: (reasons, facts, context) => [bringBack(removedPaths(facts), codesOf(reasons), facts, context)],
  },
  {
    codes: ['VNES4003'],
    step: (reasons, _, context) => [
      gitStep(
        'takes the links out of the change',
        ['git', 'rm', '--quiet', '--cached'],
        placesOf(reasons).map(path => pathspec(path, context)),
        codesOf(reasons),
      ),
    ],
  },
];

/** The codes of changes that have a step. */
export const CHANGE_CODES: readonly Code[] = CHANGES.flatMap(({ codes }) => codes);

interface Deciding {
  readonly path: string;
  readonly before: Uint8Array | null;
}

/** The changed files that decide who is trusted and what is asked, as far as findings tell of them. */
function decidingFiles({ trustFiles, governance }: GitFacts, places: readonly string[]): readonly Deciding[] {
  const files = new Map<string, Deciding>();
  const take = (path: string, { before, after }: BeforeAfter) => {
    const same = before !== null && after !== null && Buffer.compare(before, after) === 0;
    if (!same && before !== after) files.set(path, { path, before });
  };
  for (const { path, ...content } of trustFiles) if (places.includes(path)) take(path, content);
  for (const { folder, trust, policy, waivers } of governance) {
    const file = below(folder, POLICY_FILE);
    // A policy that does not fit the root that pins it: either of the two may be what changed.
    if (places.includes(file)) {
      take(file, policy);
      take(below(folder, TRUST_FILE), trust);
    }
    if (places.includes(below(folder, WAIVERS_FILE))) take(below(folder, WAIVERS_FILE), waivers);
  }
  return [...files.values()];
}

/** Edited and deleted trust files go back to what they were; added ones leave the change and stay in the working tree. */
function takeTrustBack(reasons: readonly Reason[], facts: GitFacts, context: ChangeContext): readonly Step[] {
  const codes = codesOf(reasons);
  const concerned = decidingFiles(facts, placesOf(reasons));
  const spec = ({ path }: { readonly path: string }) => pathspec(path, context);
  const added = concerned.filter(({ before }) => before === null).map(spec);
  const others = concerned.filter(({ before }) => before !== null).map(spec);
  const words = ['git', 'restore', `--source=${baseOf(facts)}`, '--staged'];
  return [
    ...(others.length > 0 ? [gitStep('takes the change of who is trusted back', words, others, codes)] : []),
    ...(added.length > 0
      ? [
          gitStep(
            'takes the new trust file out of the change',
            ['git', 'rm', '--quiet', '--cached'],
            added,
            codes,
          ),
        ]
      : []),
  ];
}

/** What of the capsules that are gone has to come back: their documents, or the folder that became something else. */
function removedPaths({ removed, past }: GitFacts): readonly string[] {
  return removed.flatMap(({ folder, there, covered }) => {
    const swapped = there.find(({ mode }) => mode in OTHER_KINDS);
    if (swapped) return [swapped.path];
    if (covered || !there.some(({ path }) => path === folder)) return [];
    const kept = past.find(each => each.folder === folder)?.walk.kept;
    return [MANIFEST_FILE, RECEIPT_FILE].filter(name => kept?.has(name)).map(name => below(folder, name));
  });
}

function bringBack(
  paths: readonly string[],
  why: readonly Code[],
  facts: GitFacts,
  context: ChangeContext,
): Step {
  const words = ['git', 'restore', `--source=${baseOf(facts)}`, '--staged', '--worktree'];
  const specs = paths.map(path => pathspec(path, context));
  return { ...gitStep('brings back what the change takes away', words, specs, why), kind: 'restore' };
}

function gitStep(
  does: string,
  words: readonly string[],
  specs: readonly string[],
  why: readonly Code[],
): Step {
  // What follows `--` is a path, whatever else git knows by that name.
  const command = commandLine(specs.length > 0 ? [...words, '--', ...specs] : words);
  return { kind: 'edit', does, commands: [command], needs: 'nothing', automatic: false, why };
}

/** Into the index, and into a commit where one is judged. */
function finishing(
  { source }: GitFacts,
  folder: string | undefined,
  steps: readonly Step[],
): readonly Step[] {
  const why = [...new Set(steps.flatMap(step => step.why))];
  const merges = steps.some(({ commands }) => commands.some(command => command.startsWith('git merge')));
  const commit = source.kind !== 'staged' && !(merges && steps.length === 1);
  const add =
    folder === undefined ? [] : [gitStep('stages the capsule', ['git', 'add'], [literal(folder)], why)];
  return [
    ...add,
    ...(commit ? [gitStep('commits it', ['git', 'commit', '--quiet', '-m', MESSAGE], [], why)] : []),
  ];
}

const MESSAGE = 'what vnes verify asked for';

/** What the change is compared with, as git takes it; of the index that is HEAD. */
function baseOf({ source }: GitFacts): string {
  return source.kind === 'staged' || source.base === null ? 'HEAD' : source.base.slice(0, 12);
}

/** A folder of the repository as commands name it. */
function typed(folder: string, { top }: ChangeContext): string {
  return folder === '.' ? top || '.' : top + folder;
}

function pathspec(path: string, context: ChangeContext): string {
  return literal(typed(path, context));
}

/** git reads patterns in paths, and magic in front of them. */
function literal(path: string): string {
  return /[*?[\\]|^:/.test(path) ? `:(literal)${path}` : path;
}

function placesOf(reasons: readonly Reason[]): readonly string[] {
  return [...new Set(reasons.flatMap(({ diagnostic }) => diagnostic.place?.file ?? []))];
}
