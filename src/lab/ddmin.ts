/** Whether what is looked for still shows with these items alone. */
export type Shows<T> = (items: readonly T[]) => Promise<boolean>;

export interface Minimum<T> {
  readonly items: readonly T[];
  /** How often it was tried. */
  readonly tries: number;
  /** Whether it was proven that none of the items can be left out; not so when the tries ran out before. */
  readonly proven: boolean;
}

/**
 * Leaves out as many items as can be left out (ddmin: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002):
 * first in halves, then in ever smaller parts. Deterministic when `shows` is; all items together must show it.
 */
export async function ddmin<T>(
  all: readonly T[],
  shows: Shows<T>,
  most = Number.POSITIVE_INFINITY,
): Promise<Minimum<T>> {
  let items = all;
  let parts = 2;
  let tries = 0;
  let ended = false;
  const bounded: Shows<T> = async some => {
    ended ||= tries >= most;
    if (ended) return false;
    tries += 1;
    return shows(some);
  };
  while (items.length > 1 && !ended) {
    const found = await smaller(items, Math.min(parts, items.length), bounded);
    if (found) {
      parts = found.part ? 2 : Math.max(2, parts - 1);
      items = found.items;
    } else if (parts >= items.length) {
      return { items, tries, proven: !ended };
    } else parts = Math.min(items.length, parts * 2);
  }
  return { items, tries, proven: !ended };
}

/** The first of the parts that shows it alone, or else the first without which it shows still. */
async function smaller<T>(items: readonly T[], parts: number, shows: Shows<T>) {
  const bounds = Array.from({ length: parts + 1 }, (_, index) => Math.floor((index * items.length) / parts));
  const cuts = bounds.slice(1).map((end, index) => [bounds[index]!, end] as const);
  for (const [start, end] of cuts) {
    const part = items.slice(start, end);
    if (await shows(part)) return { items: part, part: true };
  }
  // With two parts, what is left without one is the other.
  if (parts === 2) return undefined;
  for (const [start, end] of cuts) {
    const rest = [...items.slice(0, start), ...items.slice(end)];
    if (await shows(rest)) return { items: rest, part: false };
  }
  return undefined;
}
