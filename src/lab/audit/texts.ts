import type { Dice } from './dice.ts';

/** Texts that tell apart who compares by bytes, by code points, by language, or folds case. */
const WORDS: readonly string[] = [
  ...['a', 'b', 'Zebra', 'apple', 'Apple', 'über', 'Äpfel', 'öl', 'İstanbul', 'ısı', 'straße', 'ångström'],
  ...[
    'čas',
    'chata',
    'hora',
    'ľad',
    '10',
    '9',
    '٣',
    'e\u0301',
    'é',
    '日本',
    '😀',
    '\u{1F469}\u200D\u{1F680}',
    ' ',
    "it's",
  ],
];

/** Texts that schemas often ask for by a pattern. */
const SHAPES: readonly ((dice: Dice) => string)[] = [
  dice => dateOf(dice),
  dice => `${dateOf(dice)}T${two(dice, 24)}:${two(dice, 60)}:${two(dice, 60)}Z`,
  dice => `${two(dice, 24)}:${two(dice, 60)}`,
  dice => `${dateOf(dice).slice(0, 7)}`,
  dice => hex(dice, 8),
  dice => hex(dice, 64),
  dice => `sha256:${hex(dice, 64)}`,
  dice => `${hex(dice, 8)}-${hex(dice, 4)}-4${hex(dice, 3)}-8${hex(dice, 3)}-${hex(dice, 12)}`,
  dice => letters(dice, 1 + dice.below(8)),
  dice => letters(dice, 2 + dice.below(3)).toUpperCase(),
  dice => `${letters(dice, 3)}.${letters(dice, 4)}`,
  dice => `${letters(dice, 1 + dice.below(4))}-${dice.below(1000)}`,
  dice => `${letters(dice, 2).toUpperCase()}${dice.below(10_000)}`,
  dice => String(dice.below(100_000)),
  dice => `${dice.below(10)}.${dice.below(20)}.${dice.below(30)}`,
  dice => `${letters(dice, 4)}@${letters(dice, 5)}.example`,
  dice => `https://${letters(dice, 5)}.example/${letters(dice, 3)}`,
];

/** A text of some length in code points. */
export function someText(dice: Dice, least: number, most: number): string {
  const wanted = least + dice.below(Math.max(1, Math.min(most, least + 16) - least + 1));
  const points: string[] = [];
  while (points.length < wanted) points.push(...dice.pick(WORDS));
  return points.slice(0, wanted).join('');
}

/** Texts of which one may fit a pattern. */
export function shapes(dice: Dice): readonly string[] {
  return SHAPES.map(shape => shape(dice));
}

/** By the keyword `format`, a number of the shapes. */
const FORMATS: Readonly<Record<string, number>> = { date: 0, 'date-time': 1, uuid: 7, email: 15, uri: 16 };

export function formatted(dice: Dice, format: string): string | undefined {
  const shape = Object.hasOwn(FORMATS, format) ? SHAPES[FORMATS[format]!] : undefined;
  return shape?.(dice);
}

function dateOf(dice: Dice): string {
  return `${1970 + dice.below(80)}-${String(1 + dice.below(12)).padStart(2, '0')}-${String(1 + dice.below(28)).padStart(2, '0')}`;
}

function two(dice: Dice, below: number): string {
  return String(dice.below(below)).padStart(2, '0');
}

function hex(dice: Dice, length: number): string {
  return Array.from({ length }, () => dice.below(16).toString(16)).join('');
}

function letters(dice: Dice, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(97 + dice.below(26))).join('');
}
