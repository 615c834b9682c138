import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { judgeGit, type RemovedCapsule } from './change/judge.ts';
import type { GitDocument } from './change/parse.ts';
import { totalsOf } from './grade.ts';
import type { Proof, StatedCapsule } from './parse-proof.ts';
import { plain } from './proof.ts';
import type { Check, Verdict } from './verdict.ts';
import { examineWalk } from './verify.ts';

/** What came of deciding a proof again. It holds when there are no diagnostics. */
export interface Rechecked {
  /** The verdicts as they come out now, in the order of the proof. */
  readonly verdicts: readonly Verdict[];
  /** What comes out about the change as a whole; none where capsules lay in folders. */
  readonly change: readonly Check[];
  readonly removed: readonly RemovedCapsule[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Decides everything in a proof again, with the evaluator that `verify` uses, from nothing but the proof: signatures, digests,
 * authority, each check, and the totals. Every disagreement is a diagnostic. `file` names the proof.
 */
export function recheckProof(proof: Proof, file: string): Rechecked {
  const { document, capsules } = proof;
  const { verdicts, change, removed } = decide(proof);
  const diagnostics = [
    ...capsules.flatMap((capsule, index) =>
      disagreements(capsule, verdicts[index]!, { file, pointer: `/capsules/${index}/verdict` }),
    ),
    ...compared('the totals', document.totals, totalsOf(verdicts), { file, pointer: '/totals' }),
    ...twice(capsules, file),
    ...(document.git ? changeDisagreements(document.git, { change, removed }, file) : []),
  ];
  return { verdicts, change, removed, diagnostics };
}

/**
 * Whether a proof of git tells of no capsule, neither before the change nor after it. That nothing was touched does not follow from a
 * proof which mentions nothing: only the repository can show it.
 */
export function isEmpty({ capsules, facts }: Proof): boolean {
  return facts !== undefined && capsules.length === 0 && facts.past.length === 0;
}

function decide({ trust, capsules, facts }: Proof): Omit<Rechecked, 'diagnostics'> {
  if (facts) {
    const { examined, change, removed } = judgeGit(facts, trust);
    return { verdicts: examined.map(({ verdict }) => verdict), change, removed };
  }
  const verdicts = capsules.map(({ folder, walk }) => examineWalk(walk, folder, trust).verdict);
  return { verdicts, change: [], removed: [] };
}

function changeDisagreements(
  stated: GitDocument,
  { change, removed }: Pick<Rechecked, 'change' | 'removed'>,
  file: string,
): Diagnostic[] {
  return [
    ...comparedChecks(stated.change, change, { file, pointer: '/git/change' }),
    ...compared('what was removed', stated.removed, removed, { file, pointer: '/git/removed' }),
  ];
}

interface At {
  readonly file: string;
  readonly pointer: string;
}

/** Where a verdict came out otherwise: in which checks, and in what is left of it. */
function disagreements({ stated }: StatedCapsule, verdict: Verdict, at: At): Diagnostic[] {
  if (same(stated, verdict)) return [];
  const { checks: before, ...was } = stated;
  const { checks: now, ...is } = verdict;
  return [
    ...comparedChecks(before, now, { ...at, pointer: `${at.pointer}/checks` }),
    ...compared('the verdict', was, is, at),
  ];
}

type StatedChecks = StatedCapsule['stated']['checks'];

/** Each check that came out otherwise; the list of them only when no check explains the difference. */
function comparedChecks(stated: StatedChecks, decided: readonly Check[], at: At): Diagnostic[] {
  const before = new Map(stated.map(check => [check.id, check]));
  const found = decided.flatMap((check, index) => {
    const place = { file: at.file, pointer: `${at.pointer}/${index}` };
    return comparedCheck(check, before.get(check.id) as Check | undefined, place);
  });
  return found.length > 0 ? found : compared('the list of checks', stated.map(idOf), decided.map(idOf), at);
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}

function comparedCheck(now: Check, before: Check | undefined, at: At): Diagnostic[] {
  if (before && same(before, now)) return [];
  const word = before === undefined ? 'absent' : before.result;
  const decided = before && same(withoutWords(before), withoutWords(now));
  const found = word !== now.result ? word : decided ? 'other evidence' : 'other parts, or another waiver';
  return [disagreement(`the check ${now.id} comes out as ${now.result}`, now.result, found, at)];
}

/** What a check and its parts came to, and by which waivers. */
function withoutWords({ id, result, waiver, checks = [] }: Check): unknown {
  return { id, result, waiver, checks: checks.map(withoutWords) };
}

function compared(what: string, stated: unknown, decided: unknown, at: At): Diagnostic[] {
  if (same(stated, decided)) return [];
  return [
    disagreement(
      `${what} comes out otherwise`,
      canonicalJson(plain(decided)),
      canonicalJson(plain(stated)),
      at,
    ),
  ];
}

function disagreement(message: string, expected: string, found: string, { file, pointer }: At): Diagnostic {
  return diagnose('VNES2702', message, {
    place: { file, pointer },
    expected,
    found: `in the proof: ${found}`,
    help: 'trust neither; verify the capsules themselves: vnes verify --proof FILE',
  });
}

/** A folder that is in the proof twice would count twice. */
function twice(capsules: readonly StatedCapsule[], file: string): Diagnostic[] {
  const first = new Map(capsules.map(({ folder }, index) => [folder, index] as const).reverse());
  return capsules.flatMap(({ folder }, index) =>
    first.get(folder) === index
      ? []
      : [
          disagreement('a capsule is in the proof twice', 'each folder once', folder, {
            file,
            pointer: `/capsules/${index}`,
          }),
        ],
  );
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(plain(a)) === canonicalJson(plain(b));
}
