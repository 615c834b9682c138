import { PublicKey } from '../public-key.ts';
import type { RootTrust, SignedRoot } from './model.ts';

/** A key of a principal, as signatures are judged by it. */
export interface PrincipalKey {
  /** The principal's name. */
  readonly name: string;
  readonly key: PublicKey;
  /** The namespaces for which the principal is among the builders. */
  readonly namespaces: readonly string[];
}

/** Every key that counts under a root. */
export function rootKeys({ principals, delegations }: SignedRoot): readonly PrincipalKey[] {
  return principals.flatMap(({ name, keys }) => {
    const namespaces = delegations
      .filter(({ role, principals: names }) => role === 'build' && names.includes(name))
      .map(({ namespace }) => namespace);
    return keys.map(key => ({ name, namespaces, key: PublicKey.fromBase64(key) }));
  });
}

/** The keys that count no longer. */
export function revokedKeys({ document }: RootTrust): readonly PrincipalKey[] {
  return document.signed.revoked.map(({ principal, public_key }) => ({
    name: principal,
    namespaces: [],
    key: PublicKey.fromBase64(public_key),
  }));
}

/** Each name once: a principal with several keys is one signer. */
export function namesOf(keys: readonly { readonly name: string }[]): readonly string[] {
  return [...new Set(keys.map(({ name }) => name))];
}
