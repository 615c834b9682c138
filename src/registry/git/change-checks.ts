import type { Diagnostic } from '../../base/diagnostic.ts';
import { resultOf } from '../../trust/grade.ts';
import type { TrustStore } from '../../trust/store.ts';
import type { Check } from '../../trust/verdict.ts';
import { capsuleOf, discoverIn, isInSight } from './discover.ts';
import { linkProblems, submoduleNotes } from './links.ts';
import type { GitObjects } from './objects.ts';
import type { Plan } from './plan.ts';
import { removalProblems } from './removed.ts';
import type { Scope } from './scope.ts';
import { LINK_MODE, SUBMODULE_MODE } from './tree.ts';
import { type TrustChoice, trustProblems } from './trust-base.ts';

/** A change as a whole. */
export interface ChangeSubject {
  readonly plan: Plan;
  readonly trust: TrustStore;
  readonly choice: TrustChoice;
  /** Folders that were capsules before, as bytes. */
  readonly removed: readonly string[];
  readonly scope: Scope;
  readonly objects: GitObjects;
}

/** Judges what no single capsule shows: who is trusted, what is gone, and what links may hide. */
export async function changeChecks(subject: ChangeSubject): Promise<readonly Check[]> {
  const { plan, trust, choice, removed, objects } = subject;
  const { after } = plan;
  const { links, submodules } = await linked(subject);
  const removals = await Promise.all(removed.map(folder => removalProblems(folder, after)));
  const swapped = (link: string) => removed.some(folder => `${folder}/`.startsWith(`${link}/`));
  const loose = links.filter(link => !swapped(link));
  return [
    check(
      'change.trust',
      'Who is trusted was decided before this change, and the change leaves it so.',
      `trust from ${trust.files.join(', ') || 'no file'}`,
      await trustProblems(plan, choice, objects),
    ),
    check(
      'change.removed',
      'Capsules are removed as a whole or not at all.',
      `${removed.length} removed`,
      removals.flat(),
    ),
    check(
      'change.links',
      'No link hides a capsule from this examination.',
      `${links.length} links and ${submodules.length} submodules looked at`,
      [...(await linkProblems(loose, after, objects)), ...submoduleNotes(submodules)],
    ),
  ];
}

/** Links and submodules outside of capsules: those that the change brings, or all in a tree. */
async function linked({
  plan,
  scope,
}: ChangeSubject): Promise<{ links: readonly string[]; submodules: readonly string[] }> {
  const { before, after, changes } = plan;
  if (!before) {
    const { links, submodules } = await discoverIn(after, '');
    return { links: links.filter(scope), submodules: submodules.filter(scope) };
  }
  const outside: string[][] = [[], []];
  for (const { path, after: now } of changes) {
    const list = outside[[LINK_MODE, SUBMODULE_MODE].indexOf(now?.mode ?? '')];
    const seen = list && scope(path) && isInSight(path);
    if (seen && (await capsuleOf(after, path)) === undefined) list.push(path);
  }
  return { links: outside[0]!, submodules: outside[1]! };
}

function check(id: string, proves: string, evidence: string, diagnostics: readonly Diagnostic[]): Check {
  return {
    id,
    proves,
    result: resultOf(diagnostics),
    evidence,
    ...(diagnostics.length > 0 ? { diagnostics } : {}),
  };
}
