import { covers, specificity } from '../namespace.ts';
import type { PolicyDocument, PolicyRule, PolicyScope } from './model.ts';

/**
 * The scope of a rule that decides about a capsule id: the most specific one that covers it, the id itself before any prefix, a
 * longer prefix before a shorter one, `*` last. Undefined when the rule says nothing about the capsule.
 */
export function scopeFor({ scopes }: PolicyRule, id: string): PolicyScope | undefined {
  const candidates = scopes.filter(({ namespace }) => namespace === '*' || covers(namespace, id));
  return candidates.reduce<PolicyScope | undefined>(
    (best, each) => (best && rank(best.namespace) >= rank(each.namespace) ? best : each),
    undefined,
  );
}

/** `*` is no id, and covers more than any prefix. */
function rank(namespace: string): number {
  return namespace === '*' ? 0 : specificity(namespace);
}

/** The rules that cover none of these capsules: nobody knows whether they do what they are for. */
export function idleRules({ rules }: PolicyDocument, ids: readonly string[]): readonly PolicyRule[] {
  return rules.filter(rule => ids.every(id => scopeFor(rule, id) === undefined));
}
