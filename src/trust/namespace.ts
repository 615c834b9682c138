/**
 * Whether a namespace pattern covers a capsule id: the exact id, or a prefix of whole segments and `.*`. `user.ada.*` covers
 * `user.ada.counter`, and neither `user.ada` nor `user.adam.counter`.
 */
export function covers(pattern: string, id: string): boolean {
  return pattern.endsWith('.*')
    ? id.startsWith(pattern.slice(0, -1)) && id.length >= pattern.length
    : id === pattern;
}

/** How closely a pattern fits an id that it covers: prefixes of one id differ in length, and the id itself is above all of them. */
export function specificity(pattern: string): number {
  return pattern.endsWith('.*') ? pattern.length - 1 : Number.POSITIVE_INFINITY;
}

/** A new key may sign for what is personal or stays on this machine, and for nothing else, until its owner says so. */
export const NEW_KEY_NAMESPACES = ['user.*', 'local.*'] as const;
