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
  const { bare, repeatsGroup, repetitions, omissions } = formOf(pattern);
  return (
    (repeatsGroup && /[*+?|{]/u.test(insideGroups(bare))) ||
    repetitions > MOST_REPETITIONS ||
    omissions > MOST_OPTIONS
  );
}

/** What makes a pattern match in several ways. */
export interface PatternForm {
  /** The pattern with an `x` for whatever stands for one character. */
  readonly bare: string;
  readonly repeatsGroup: boolean;
  /** Things that are repeated an open number of times. */
  readonly repetitions: number;
  /** Things that may be left out. */
  readonly omissions: number;
  readonly alternatives: number;
}

export function formOf(pattern: string): PatternForm {
  const bare = pattern
    .replace(/\\./gu, 'x')
    .replace(/\[[^\]]*\]/gu, 'x')
    .replaceAll('(?:', '(');
  const times = (what: RegExp) => (bare.match(what) ?? []).length;
  return {
    bare,
    repeatsGroup: /\)(?:[*+]|\{)/u.test(bare),
    repetitions: times(/[*+]|\{\d+,\d*\}/gu),
    omissions: times(/\?/gu),
    alternatives: times(/\|/gu),
  };
}

/** All that stands in groups. */
function insideGroups(bare: string): string {
  return bare.slice(bare.indexOf('(') + 1, bare.lastIndexOf(')'));
}
