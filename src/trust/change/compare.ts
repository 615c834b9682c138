import { canonicalJson } from '../../base/canonical.ts';
import { type Diagnostic, diagnose } from '../../base/diagnostic.ts';
import { compareFiles } from '../compare-files.ts';
import { gitFacts, plain, walkFacts } from '../proof.ts';
import type { CapsuleFacts, GitFacts } from './facts.ts';

/** What only the maker of a proof chose, and no repository tells: it decides what is gathered. */
const CHOSEN = ['paths'] as const;

/** Where a proof's facts are not those that its repository shows now. Neither who is trusted nor the time is among them. */
export function compareFacts(stated: GitFacts, gathered: GitFacts, file: string): Diagnostic[] {
  const [then, now] = [repositoryFacts(stated), repositoryFacts(gathered)];
  const names = Object.keys(then).filter(
    name => !CHOSEN.some(chosen => chosen === name),
  ) as (keyof typeof then)[];
  const members = names
    .filter(name => !same(then[name], now[name]))
    .map(name => other(`/git/${name}`, told(now[name]), told(then[name]), file));
  return [...members, ...comparedCapsules(stated.capsules, gathered.capsules, file)];
}

function repositoryFacts(facts: GitFacts) {
  const stated = gitFacts(facts);
  const { base, target, waivers } = stated.trust;
  return { ...stated, trust: { base, target, waivers } };
}

function comparedCapsules(
  stated: readonly CapsuleFacts[],
  gathered: readonly CapsuleFacts[],
  file: string,
): Diagnostic[] {
  const now = new Map(gathered.map(capsule => [capsule.folder, capsule] as const));
  const then = new Set(stated.map(({ folder }) => folder));
  return [
    ...stated.flatMap((capsule, index) => comparedCapsule(capsule, now.get(capsule.folder), index, file)),
    ...gathered
      .filter(({ folder }) => !then.has(folder))
      .map(({ folder }) => other('/capsules', folder, 'nothing of that capsule', file)),
  ];
}

function comparedCapsule(
  then: CapsuleFacts,
  now: CapsuleFacts | undefined,
  index: number,
  file: string,
): Diagnostic[] {
  const pointer = `/capsules/${index}`;
  if (!now) return [other(pointer, 'nothing of that capsule', then.folder, file)];
  if (same(capsuleFacts(then), capsuleFacts(now))) return [];
  const files = compareFiles(then.walk.files, now.walk.files, now.folder);
  return [other(pointer, `${now.folder}, otherwise`, then.folder, file), ...files];
}

function capsuleFacts({ folder, walk, changes }: CapsuleFacts) {
  return { folder, ...walkFacts(walk), changes };
}

function other(pointer: string, expected: string, found: string, file: string): Diagnostic {
  return diagnose('VNES2706', 'the repository shows something else than the proof states', {
    place: { file, pointer },
    expected,
    found: `in the proof: ${found}`,
    help: 'trust neither; verify the change itself: vnes verify --since REV --proof FILE',
  });
}

const TOLD = 300;

function told(value: unknown): string {
  const text = canonicalJson(plain(value));
  return text.length > TOLD ? `${text.slice(0, TOLD)}…` : text;
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(plain(a)) === canonicalJson(plain(b));
}
