import type { Diagnostic } from '../../base/diagnostic.ts';
import { resultOf } from '../grade.ts';
import type { TrustStore } from '../store.ts';
import type { Check } from '../verdict.ts';
import type { GitFacts } from './facts.ts';
import { lostWaivers, policyChangeProblems, waiverChangeProblems } from './governance.ts';
import { linkProblems, submoduleNotes } from './links.ts';
import { removalProblems } from './removed.ts';
import { outdatedTrust, trustChangeProblems } from './trust-files.ts';

/** Judges what no single capsule shows: who is trusted, what is asked and let pass, what is gone, and what links may hide. */
export function changeChecks(facts: GitFacts, { waivers }: Pick<TrustStore, 'waivers'>): readonly Check[] {
  const { trust, removed, trustFiles, governance, links, submodules, now } = facts;
  const places = governance.map(({ folder }) => folder).join(', ') || 'neither policy nor waivers change';
  const swapped = (link: string) => removed.some(({ folder }) => `${folder}/`.startsWith(`${link}/`));
  return [
    check(
      'change.trust',
      'Who is trusted was decided before this change, and the change leaves it so.',
      `trust from ${trust.files.join(', ') || 'no file'}`,
      [...trustFiles.flatMap(file => trustChangeProblems(file, now)), ...outdatedTrust(facts)],
    ),
    check(
      'change.policy',
      'What is asked of capsules changes only with the trust root that pins it.',
      places,
      governance.flatMap(each => policyChangeProblems(each, now)),
    ),
    check(
      'change.waivers',
      'Those who could waive before this change signed the waivers that it brings.',
      places,
      [...governance.flatMap(each => waiverChangeProblems(each, now)), ...lostWaivers(facts, waivers)],
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
