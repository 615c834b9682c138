/** Characters of a text that a pattern is tried on. */
const LONGEST = 1_000;
/** Repetitions in one pattern, and parts that may be left out: each multiplies the ways in which a text is tried. */
const MOST_REPETITIONS = 3;
const MOST_OPTIONS = 8;

/** Whether a text holds a match of a pattern. */
export type Matches = (text: string, pattern: string) => boolean;

/** Tries any pattern, for as long as it takes. */
export const matchesFreely: Matches = (text, pattern) => new RegExp(pattern, 'u').test(text);

/** Thrown where a pattern would have to be tried that might never come to an end. */
export class UntriedPattern extends Error {
  readonly pattern: string;

  constructor(pattern: string) {
    super('a pattern was not tried');
    this.pattern = pattern;
  }
}

/**
 * For schemas of strangers. Engines go back and try again, for longer than anybody waits where a group that can match in several ways is
 * repeated, so such patterns are not tried. @throws UntriedPattern
 */
export const matchesSoon: Matches = (text, pattern) => {
  if (text.length > LONGEST || mayTakeForEver(pattern)) throw new UntriedPattern(pattern);
  return matchesFreely(text, pattern);
};

function mayTakeForEver(pattern: string): boolean {
  const bare = pattern
    .replace(/\\./gu, 'x')
    .replace(/\[[^\]]*\]/gu, 'x')
    .replaceAll('(?:', '(');
  const repeatedGroup = /\)(?:[*+]|\{)/u.test(bare);
  const times = (what: RegExp) => (bare.match(what) ?? []).length;
  return (
    (repeatedGroup && /[*+?|{]/u.test(insideGroups(bare))) ||
    times(/[*+]|\{\d+,\d*\}/gu) > MOST_REPETITIONS ||
    times(/\?/gu) > MOST_OPTIONS
  );
}

/** All that stands in groups. */
function insideGroups(bare: string): string {
  return bare.slice(bare.indexOf('(') + 1, bare.lastIndexOf(')'));
}
