import type { Principal } from './model.ts';

/** Whose each public key is, by its base64. */
export function keyOwners(principals: readonly Principal[]): ReadonlyMap<string, string> {
  return new Map(principals.flatMap(({ name, keys }) => keys.map(key => [key, name] as const)));
}
