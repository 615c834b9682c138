import type { Diagnostic } from '../../base/diagnostic.ts';
import { resultOf } from '../grade.ts';
import type { Check } from '../verdict.ts';
import type { GitFacts } from './facts.ts';
import { linkProblems, submoduleNotes } from './links.ts';
import { removalProblems } from './removed.ts';
import { outdatedTrust, trustChangeProblems } from './trust-files.ts';

/** Judges what no single capsule shows: who is trusted, what is gone, and what links may hide. */
export function changeChecks(facts: GitFacts): readonly Check[] {
  const { trust, removed, trustFiles, links, submodules, now } = facts;
  const swapped = (link: string) => removed.some(({ folder }) => `${folder}/`.startsWith(`${link}/`));
  return [
    check(
      'change.trust',
      'Who is trusted was decided before this change, and the change leaves it so.',
      `trust from ${trust.files.join(', ') || 'no file'}`,
      [...trustFiles.flatMap(file => trustChangeProblems(file, now)), ...outdatedTrust(facts)],
    ),
    check(
      'change.removed',
      'Capsules are removed as a whole or not at all.',
      `${removed.length} removed`,
      removed.flatMap(removalProblems),
    ),
    check(
      'change.links',
      'No link hides a capsule from this examination.',
      `${links.length} links and ${submodules.length} submodules looked at`,
      [...linkProblems(links.filter(({ path }) => !swapped(path))), ...submoduleNotes(submodules)],
    ),
  ];
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
