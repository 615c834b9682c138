import { commandLine } from '../../base/shell.ts';
import type { Role } from '../root/model.ts';
import { fewestSigners, type Tally, tally } from '../root/tally.ts';
import type { Demand, PolicySubject } from './model.ts';

/** Whose signatures are missing: what was asked for, who signed, and the fewest whose signatures would do. */
export interface MissingPeople {
  readonly expected: string;
  readonly found: string;
  /** Empty when no signatures could. */
  readonly names: readonly string[];
}

/** Whether as many as a policy asks for signed in each role. A role's own threshold in the trust root stays the least. */
export function missingSigners(
  wanted: NonNullable<Demand['signers']>,
  subject: PolicySubject,
): MissingPeople | undefined {
  // Not in the order of the document, which is lost where it is written as canonical JSON.
  const tallies = (['build', 'deploy'] as const).flatMap(role => {
    const min = wanted[role];
    return min === undefined ? [] : [atLeast(roleTally(subject, role), min)];
  });
  return tallies.every(({ missing }) => missing === 0) ? undefined : told(tallies, '');
}

/**
 * Whether enough reviewers signed. Independent ones are others than the builders that the build threshold needs: whoever is both
 * may stand in for one of the two, never for both.
 */
export function missingReviewers(
  { min, independent = false }: NonNullable<Demand['reviewers']>,
  subject: PolicySubject,
): MissingPeople | undefined {
  const review = atLeast(roleTally(subject, 'review'), min);
  if (review.missing > 0) return told([review], '');
  if (!independent) return undefined;
  const build = roleTally(subject, 'build');
  const both = review.counted.filter(name => build.counted.includes(name)).length;
  const buildersNeeded = Math.max(0, (build.delegation?.threshold ?? 1) - (build.counted.length - both));
  const reviewersNeeded = Math.max(0, needed(review, min) - (review.counted.length - both));
  const short = buildersNeeded + reviewersNeeded - both;
  if (short <= 0) return undefined;
  const fresh = review.candidates.filter(name => !build.counted.includes(name)).slice(0, short);
  const { delegation } = build;
  const apart = ` apart from the ${delegation?.threshold ?? 1} of ${delegation?.principals.join(', ') ?? 'nobody'} who are needed as builders`;
  return {
    ...told([{ ...review, missing: needed(review, min) - review.counted.length }], apart),
    names: fresh.length === short ? fresh : [],
  };
}

/** What `fewest signatures` would meet, as commands. */
export function roleHelp({ folder, root }: PolicySubject, names: readonly string[]): string {
  if (!root) return 'roles need a trust root: vnes trust init';
  if (names.length === 0)
    return 'no signatures can meet this as the trust root stands: vnes trust show, then vnes trust add PRINCIPAL';
  return names.map(name => commandLine(['vnes', 'sign', '--add', '--key', name], [folder])).join(' && ');
}

function roleTally({ manifest, root, signers }: PolicySubject, role: Role): Tally {
  if (!root) return { role, counted: [], missing: 1, candidates: [] };
  const keys = signers.map(({ key }) => key.base64);
  return tally(root.document.signed, role, manifest.id, keys);
}

function atLeast(found: Tally, min: number): Tally {
  if (!found.delegation) return found;
  return { ...found, missing: Math.max(0, needed(found, min) - found.counted.length) };
}

function needed({ delegation }: Tally, min: number): number {
  return Math.max(min, delegation?.threshold ?? 1);
}

function told(tallies: readonly Tally[], which: string): MissingPeople {
  const asked = tallies.map(({ role, delegation, counted, missing }) =>
    delegation
      ? `${counted.length + missing} of: ${delegation.principals.join(', ') || 'nobody'} (${role} of ${delegation.namespace})${which}`
      : `somebody with the role ${role}, which nobody has for this id`,
  );
  const found = tallies.map(({ role, counted }) => `${role}: ${counted.join(', ') || 'nobody'}`);
  return { expected: asked.join('; '), found: found.join('; '), names: fewestSigners(tallies) ?? [] };
}
