import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { momentOf, secondsOf } from '../../src/sandbox/agent/python/calendar.ts';
import { strftime } from '../../src/sandbox/agent/python/strftime.ts';

const PATTERN =
  '%a|%A|%b|%B|%C|%c|%D|%d|%e|%F|%G|%g|%H|%h|%I|%j|%M|%m|%n|%p|%R|%r|%S|%T|%t|%U|%u|%V|%W|%w|%X|%x|%Y|%y|%%';

/** What the C library of this machine says, through its Python. */
function reference(seconds: readonly number[]): string[] {
  const program = `import json, sys, time
print(json.dumps([time.strftime(sys.argv[1], time.gmtime(s)) for s in json.loads(sys.argv[2])]))`;
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  return JSON.parse(
    execFileSync('python3', ['-c', program, PATTERN, JSON.stringify(seconds)], { env, encoding: 'utf8' }),
  );
}

test('moments are written as the C library writes them', () => {
  const day = 86_400;
  const turns = Array.from({ length: 160 }, (_, year) => Date.UTC(1930 + year, 0, 1) / 1000);
  const seconds = [
    ...fc.sample(fc.integer({ min: -30_000_000_000, max: 200_000_000_000 }), { numRuns: 500, seed: 7 }),
    ...turns.flatMap(turn => [-4, -3, -2, -1, 0, 1, 2, 3, 4].map(days => turn + days * day)),
  ];
  expect(seconds.map(each => strftime(PATTERN, momentOf(each)))).toEqual(reference(seconds));
});

test('a moment and its seconds are the same, and fields over their range carry', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), seconds => {
      expect(secondsOf(momentOf(seconds))).toBe(seconds);
    }),
  );
  const moment = { ...momentOf(0), month: 14, day: 0, second: 61 };
  expect(momentOf(secondsOf(moment))).toMatchObject({ year: 1971, month: 1, day: 28, minute: 1, second: 1 });
});

test('what no conversion is stays as it is, and is not taken from the prototype', () => {
  expect(strftime('%Q %E %Od %constructor', momentOf(0))).toBe('%Q %E 01 Thu Jan  1 00:00:00 1970onstructor');
});
