import type { Gap } from './gap.ts';
import type { Matches } from './pattern.ts';
import type { Schema } from './place.ts';
import { gapsBetween } from './subsume.ts';

/** A gap, and which of the wide schemas it is about. */
export type GapInSchemas = Gap & { readonly schema: number };

/**
 * The same as {@link gapsBetween} where a value obeys any one of several schemas: each narrow one must fit one of the wide ones. What
 * is told of one that fits none is what the wide one with the fewest gaps says.
 */
export function gapsInSchemas(
  narrow: readonly Schema[],
  wide: readonly Schema[],
  matches?: Matches,
): readonly GapInSchemas[] {
  return narrow.flatMap(each => {
    const tried = wide.map((other, schema) =>
      gapsBetween(each, other, matches).map(gap => ({ ...gap, schema })),
    );
    return tried.reduce((best, gaps) => (gaps.length < best.length ? gaps : best));
  });
}
