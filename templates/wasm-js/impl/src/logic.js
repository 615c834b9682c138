/** What the capsule knows before the first reading. */
export const EMPTY = { count: 0, mean: 0 };

/** Takes one more value into the running mean (spec/logic.md). */
export function add({ count, mean }, value) {
  return { count: count + 1, mean: mean + (value - mean) / (count + 1) };
}
