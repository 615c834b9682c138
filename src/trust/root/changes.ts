import { ruleLines } from '../policy/describe.ts';
import type { PolicyDocument } from '../policy/model.ts';
import type { Delegation, SignedRoot } from './model.ts';

/** The policies that two versions pin, as far as they are here. */
export interface PinnedPolicies {
  readonly before?: PolicyDocument | undefined;
  readonly after?: PolicyDocument | undefined;
}

/** What a version says otherwise than the one before, as lines for those who are asked to sign it. */
export function changesOf(
  before: SignedRoot,
  after: SignedRoot,
  policies: PinnedPolicies = {},
): readonly string[] {
  return [
    ...changed('expires', [before.expires], [after.expires]),
    ...changed('every capsule needs', before.require, after.require),
    ...changed('key', keyLines(before), keyLines(after)),
    ...changed('revoked', revokedLines(before), revokedLines(after)),
    ...changed('role', seatLines(before), seatLines(after)),
    ...changed('policy', pinLines(before), pinLines(after)),
    ...changed('rule', linesOf(policies.before), linesOf(policies.after)),
  ];
}

function changed(what: string, before: readonly string[], after: readonly string[]): readonly string[] {
  return [
    ...before.filter(line => !after.includes(line)).map(line => `- ${what}: ${line}`),
    ...after.filter(line => !before.includes(line)).map(line => `+ ${what}: ${line}`),
  ];
}

function pinLines({ policy }: SignedRoot): readonly string[] {
  return policy === undefined ? [] : [policy];
}

function linesOf(policy: PolicyDocument | undefined): readonly string[] {
  return policy ? ruleLines(policy) : [];
}

function keyLines({ principals }: SignedRoot): readonly string[] {
  return principals.flatMap(({ name, keys }) =>
    keys.length > 0 ? keys.map(key => `${name} ${key}`) : [`${name}, none`],
  );
}

function revokedLines({ revoked }: SignedRoot): readonly string[] {
  return revoked.map(({ principal, public_key, reason }) => `${principal} ${public_key} (${reason})`);
}

function seatLines({ root, delegations }: SignedRoot): readonly string[] {
  return [
    `root: ${holders(root)}`,
    ...delegations.map(each => `${each.role} ${each.namespace}: ${holders(each)}`),
  ];
}

function holders({ threshold, principals }: Pick<Delegation, 'threshold' | 'principals'>): string {
  return `${threshold} of ${principals.join(', ') || 'nobody'}`;
}
