import type { Delegation, SignedRoot } from './model.ts';

/** What a version says otherwise than the one before, as lines for those who are asked to sign it. */
export function changesOf(before: SignedRoot, after: SignedRoot): readonly string[] {
  return [
    ...changed('expires', [before.expires], [after.expires]),
    ...changed('every capsule needs', before.require, after.require),
    ...changed('key', keyLines(before), keyLines(after)),
    ...changed('revoked', revokedLines(before), revokedLines(after)),
    ...changed('role', seatLines(before), seatLines(after)),
  ];
}

function changed(what: string, before: readonly string[], after: readonly string[]): readonly string[] {
  return [
    ...before.filter(line => !after.includes(line)).map(line => `- ${what}: ${line}`),
    ...after.filter(line => !before.includes(line)).map(line => `+ ${what}: ${line}`),
  ];
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
