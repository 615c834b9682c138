import type { Candidate } from './candidate.ts';
import type { Fact } from './conflict.ts';

/** A binding, as it leaves its dependent. */
export interface Edge {
  readonly fact: Fact;
  readonly to: Candidate;
}

export interface Path {
  /** The bindings it consists of. */
  readonly facts: readonly Fact[];
  /** The circle that one more binding, of `to` to `from`, would close: `to`, `from`, ..., `to`. */
  readonly capsules: readonly Candidate[];
}

/** A shortest chain of bindings from one capsule to another, if there is one; a capsule leads to itself. */
export function pathBetween(
  bound: ReadonlyMap<Candidate, readonly Edge[]>,
  from: Candidate,
  to: Candidate,
): Path | undefined {
  const seen = new Set<Candidate>([from]);
  const open: (Path & { readonly at: Candidate })[] = [{ at: from, facts: [], capsules: [to, from] }];
  for (const path of open) {
    if (path.at === to) return path;
    for (const { fact, to: next } of bound.get(path.at) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push({ at: next, facts: [...path.facts, fact], capsules: [...path.capsules, next] });
    }
  }
  return undefined;
}
