import { RECEIPT_FILE } from '../../capsule/tree.ts';
import type { PolicyRule, PolicySubject } from '../policy/model.ts';
import { ruleCheck } from '../policy/model.ts';
import { missingReviewers, missingSigners } from '../policy/people.ts';
import { scopeFor } from '../policy/scope.ts';
import { tally } from '../root/tally.ts';
import type { TrustedKey, TrustStore } from '../store.ts';
import type { Step } from './model.ts';
import type { Reason } from './reasons.ts';

/** A capsule as rules see it, whoever may have signed by then. */
export type Ruled = Omit<PolicySubject, 'root' | 'signers'>;

/** What the rules of the policy would hold against a capsule under these signatures. */
export function ruleReasons({ policy, root }: TrustStore, ruled: Ruled, signers: readonly TrustedKey[]) {
  if (!policy || policy.problems.length > 0) return [];
  return policy
    .judge({ ...ruled, signers, root })
    .flatMap(({ id, diagnostics }) =>
      diagnostics
        .filter(({ severity }) => severity === 'error')
        .map((diagnostic): Reason => ({ check: id, diagnostic, cure: 'rule' })),
    );
}

/** Who has to sign too, so that every rule about people is met. A rule that no signatures can meet adds nobody. */
export function rulePeople(
  trust: TrustStore,
  ruled: Ruled,
  signed: readonly TrustedKey[],
): readonly string[] {
  const names: string[] = [];
  for (const { demand = {} } of enforced(trust, ruled.manifest.id)) {
    const subject = () => ({ ...ruled, root: trust.root, signers: [...signed, ...keysOf(trust, names)] });
    const { signers, reviewers } = demand;
    if (signers) names.push(...(missingSigners(signers, subject())?.names ?? []));
    // Enough of them first, and then enough who are not needed as builders.
    for (let more = reviewers && missing(); more && more.length > 0; more = missing()) names.push(...more);

    function missing(): readonly string[] {
      return (missingReviewers(reviewers!, subject())?.names ?? []).filter(name => !names.includes(name));
    }
  }
  return names;
}

function enforced({ policy }: TrustStore, id: string): readonly PolicyRule[] {
  return (policy?.document?.rules ?? []).filter(rule => scopeFor(rule, id)?.level === 'enforce');
}

function keysOf({ keys }: TrustStore, names: readonly string[]): readonly TrustedKey[] {
  return keys.filter(({ name }) => names.includes(name));
}

/** What a rule that is not met takes: signatures, a waiver where that can be, or an edit of what it is about. */
export function settled(reason: Reason, id: string | undefined, trust: TrustStore): Reason {
  if (reason.cure !== 'rule') return reason;
  if (reason.diagnostic.place?.file?.endsWith(`/${RECEIPT_FILE}`)) return { ...reason, cure: 'signers' };
  return { ...reason, cure: isWaivable(reason, id, trust) ? 'waive' : 'manifest' };
}

function isWaivable({ check }: Reason, id: string | undefined, { policy, root }: TrustStore): boolean {
  const rule = policy?.document?.rules.find(each => ruleCheck(each.id) === check);
  if (rule?.waivable !== true || !root || id === undefined) return false;
  const { missing, candidates } = tally(root.document.signed, 'waive', id, []);
  return missing <= candidates.length;
}

/** Waivers: one for each rule, by as many as may let it pass. */
export function waiveSteps(
  reasons: readonly Reason[],
  id: string | undefined,
  { root }: TrustStore,
): readonly Step[] {
  const these = reasons.filter(({ cure }) => cure === 'waive');
  return [...new Set(these.map(({ check }) => check))].map(check => {
    const { delegation } = tally(root!.document.signed, 'waive', id!, []);
    const ofCheck = these.filter(reason => reason.check === check);
    return {
      kind: 'waive',
      does: `decide whether it may pass: ${ofCheck[0]!.diagnostic.help ?? ofCheck[0]!.diagnostic.message}`,
      commands: [],
      needs: `${delegation!.threshold} of those who may waive: ${delegation!.principals.join(', ')}`,
      automatic: false,
      why: [...new Set(ofCheck.map(({ diagnostic }) => diagnostic.code))],
    };
  });
}
