import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { totalsOf } from './grade.ts';
import type { Proof, StatedCapsule } from './parse-proof.ts';
import { plain } from './proof.ts';
import type { Check, Verdict } from './verdict.ts';
import { examineWalk } from './verify.ts';

/** What came of deciding a proof again. It holds when there are no diagnostics. */
export interface Rechecked {
  /** The verdicts as they come out now, in the order of the proof. */
  readonly verdicts: readonly Verdict[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Decides everything in a proof again, with the evaluator that `verify` uses, from nothing but the proof: signatures, digests,
 * authority, each check, and the totals. Every disagreement is a diagnostic. `file` names the proof.
 */
export function recheckProof({ document, trust, capsules }: Proof, file: string): Rechecked {
  const verdicts = capsules.map(({ folder, walk }) => examineWalk(walk, folder, trust).verdict);
  const diagnostics = [
    ...capsules.flatMap((capsule, index) =>
      disagreements(capsule, verdicts[index]!, { file, pointer: `/capsules/${index}/verdict` }),
    ),
    ...compared('the totals', document.totals, totalsOf(verdicts), { file, pointer: '/totals' }),
    ...twice(capsules, file),
  ];
  return { verdicts, diagnostics };
}

interface At {
  readonly file: string;
  readonly pointer: string;
}

/** Each check that came out otherwise; what is left of the verdict only when no check explains it. */
function disagreements({ stated }: StatedCapsule, verdict: Verdict, at: At): Diagnostic[] {
  if (same(stated, verdict)) return [];
  const before = new Map(stated.checks.map(check => [check.id, check]));
  const found = verdict.checks.flatMap((check, index) => {
    const place = { file: at.file, pointer: `${at.pointer}/checks/${index}` };
    return comparedCheck(check, before.get(check.id) as Check | undefined, place);
  });
  const { checks: _, ...was } = stated;
  const { checks: __, ...is } = verdict;
  const rest = same(was, is) ? [] : compared('the verdict', was, is, at);
  if (found.length + rest.length > 0) return [...found, ...rest];
  return compared('the list of checks', stated.checks.map(idOf), verdict.checks.map(idOf), at);
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}

function comparedCheck(now: Check, before: Check | undefined, at: At): Diagnostic[] {
  if (before && same(before, now)) return [];
  const word = before === undefined ? 'absent' : before.result;
  const found = word === now.result ? 'other evidence' : word;
  return [disagreement(`the check ${now.id} comes out as ${now.result}`, now.result, found, at)];
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
