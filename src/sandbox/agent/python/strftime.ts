import { type Moment, secondsOf } from './calendar.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];
/** The most characters that one call gives. */
const LONGEST = 65_536;

/** C's conversions in the locale "C" and in universal time. */
const CONVERSIONS: Readonly<Record<string, (moment: Moment) => string>> = {
  '%': () => '%',
  A: ({ weekday }) => DAYS[weekday] ?? '?',
  a: ({ weekday }) => DAYS[weekday]?.slice(0, 3) ?? '?',
  B: ({ month }) => MONTHS[month] ?? '?',
  b: ({ month }) => MONTHS[month]?.slice(0, 3) ?? '?',
  C: ({ year }) => two(Math.floor(year / 100)),
  c: moment => strftime('%a %b %e %H:%M:%S %Y', moment),
  D: moment => strftime('%m/%d/%y', moment),
  d: ({ day }) => two(day),
  e: ({ day }) => String(day).padStart(2),
  F: moment => strftime('%Y-%m-%d', moment),
  G: moment => String(isoWeek(moment).year),
  g: moment => two(isoWeek(moment).year % 100),
  H: ({ hour }) => two(hour),
  h: ({ month }) => MONTHS[month]?.slice(0, 3) ?? '?',
  I: ({ hour }) => two(hour % 12 === 0 ? 12 : hour % 12),
  j: ({ yearday }) => String(yearday + 1).padStart(3, '0'),
  M: ({ minute }) => two(minute),
  m: ({ month }) => two(month + 1),
  n: () => '\n',
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  R: moment => strftime('%H:%M', moment),
  r: moment => strftime('%I:%M:%S %p', moment),
  S: ({ second }) => two(second),
  s: moment => String(secondsOf(moment)),
  T: moment => strftime('%H:%M:%S', moment),
  t: () => '\t',
  U: ({ yearday, weekday }) => two(Math.floor((yearday + 7 - weekday) / 7)),
  u: ({ weekday }) => String(weekday === 0 ? 7 : weekday),
  V: moment => two(isoWeek(moment).week),
  W: ({ yearday, weekday }) => two(Math.floor((yearday + 7 - ((weekday + 6) % 7)) / 7)),
  w: ({ weekday }) => String(weekday),
  X: moment => strftime('%H:%M:%S', moment),
  x: moment => strftime('%m/%d/%y', moment),
  Y: ({ year }) => String(year),
  y: ({ year }) => two(((year % 100) + 100) % 100),
  Z: () => 'UTC',
  z: () => '+0000',
};

/** A moment as text, by a pattern of C's `strftime`. The modifiers `E` and `O` change nothing; an unknown conversion stays as it is. */
export function strftime(pattern: string, moment: Moment): string {
  return pattern
    .slice(0, LONGEST)
    .replace(/%[EO]?(.)/gsu, (whole, letter: string) =>
      Object.hasOwn(CONVERSIONS, letter) ? CONVERSIONS[letter]!(moment) : whole,
    );
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The week by ISO 8601: the first one of a year is that with its first Thursday. */
function isoWeek({ year, yearday, weekday }: Moment): { readonly year: number; readonly week: number } {
  const monday = (weekday + 6) % 7;
  const week = Math.floor((yearday - monday + 10) / 7);
  if (week < 1) return { year: year - 1, week: weeksOf(year - 1) };
  return week > weeksOf(year) ? { year: year + 1, week: 1 } : { year, week };
}

function weeksOf(year: number): number {
  const ends = (y: number) =>
    (((y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400)) % 7) + 7) % 7;
  return ends(year) === 4 || ends(year - 1) === 3 ? 53 : 52;
}
