import { spawnSync } from 'node:child_process';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { type JsonValue, parseJson } from '../../src/base/json.ts';
import { matchesSoon } from '../../src/base/subsume/pattern.ts';
import { gapsBetween } from '../../src/base/subsume/subsume.ts';
import { isComparable } from '../../src/base/subsume/usable.ts';
import { PAIR } from '../base/schema-pairs.ts';

const DOCS = path.resolve(import.meta.dirname, '../../docs');

/** What docs/recheck_schema.py says of pairs of documents, each in base64. */
const DRIVER = `
import base64, json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import recheck_schema as schema, recheck_value as value
from recheck_cel import Undecided
from recheck_trust import UNREADABLE
def said(pair):
    try:
        narrow, wide = (value.load(base64.b64decode(text)) for text in pair)
        return schema.follows(narrow, wide) if value.comparable(narrow) and value.comparable(wide) else "unusable"
    except Undecided:
        return "undecided"
    except UNREADABLE:
        return "unusable"
print(json.dumps([said(pair) for pair in json.load(sys.stdin)]))
`;

type Answer = boolean | 'unusable' | 'undecided';
type Texts = readonly [narrow: string, wide: string];

function theirs(pairs: readonly Texts[]): readonly Answer[] {
  const input = JSON.stringify(pairs.map(pair => pair.map(text => Buffer.from(text).toString('base64'))));
  const { stdout, stderr, status } = spawnSync('python3', ['-c', DRIVER, DOCS], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Answer[];
}

function ours(pair: Texts): Answer {
  try {
    const [narrow, wide] = pair.map(text => parseJson(Buffer.from(text))) as [JsonValue, JsonValue];
    if (!isComparable(narrow) || !isComparable(wide)) return 'unusable';
    return gapsBetween(narrow, wide, matchesSoon).length === 0;
  } catch (error) {
    if (error instanceof Failure) return 'unusable';
    throw error;
  }
}

test('both checkers see the same changes of schemas as compatible', () => {
  const pairs = fc.sample(PAIR, 1500).map(pair => pair.map(each => JSON.stringify(each)) as unknown as Texts);
  const own = pairs.map(ours);
  expect(own.filter(answer => answer === true).length).toBeGreaterThan(150);
  const others = theirs(pairs);
  expect(pairs.filter((_, index) => own[index] !== others[index])).toEqual([]);
});

const DEEP = 80;
const nested = (depth: number) => `${'{"not":'.repeat(depth)}true${'}'.repeat(depth)}`;
const [NAMED, ENUM] = ['{"enum":["a.b"]}', '{"enum":["ab"]}'];

const ODD: readonly (readonly [narrow: string, wide: string, own: Answer, other?: Answer])[] = [
  ['{"const":1}', '{"const":1.0}', true],
  ['{"const":1e2}', '{"type":"integer"}', true],
  ['{"const":{"b":1,"a":2}}', '{"const":{"a":2,"b":1}}', true],
  ['{"minimum":"0"}', 'true', 'unusable'],
  ['{"required":5}', 'true', 'unusable'],
  ['true', '{"properties":{"a":5}}', 'unusable'],
  ['true', '{"anyOf":[]}', 'unusable'],
  ['5', 'true', 'unusable'],
  ['true', '{"$ref":"#/$defs/a","$defs":{"a":{"maximum":"x"}}}', 'unusable'],
  ['true', '{"$ref":"#/x","x":{"required":5}}', 'unusable'],
  ['true', '{"$ref":"#/%zz"}', 'unusable'],
  ['{"maximum":1}', '{"$ref":"#/$defs/x%20y","$defs":{"x y":{"maximum":2}}}', true],
  ['{"maximum":1}', '{"$ref":"other.json"}', false],
  ['true', '{"toString":1}', false],
  ['true', '{"hasOwnProperty":1,"constructor":{}}', false],
  ['{"a":1,"a":2}', 'true', 'unusable'],
  ['{"__proto__":{}}', 'true', 'unusable'],
  [nested(DEEP), 'true', 'unusable'],
  ['"\\ud800"', 'true', 'unusable'],
  ['{"maximum":1e400}', 'true', 'unusable', 'undecided'],
  ['{"maximum":12345678901234567890}', 'true', 'unusable', 'undecided'],
  ['{"maximum":1e300}', '{"maximum":1e301}', true, 'undecided'],
  [NAMED, '{"pattern":"^[a-z]+\\\\.[a-z]+$"}', true],
  [ENUM, '{"pattern":"^(a|b)+$"}', false],
  [ENUM, '{"pattern":"^a*b*a*b*$"}', false],
  [ENUM, '{"pattern":"^(?:ab){1,2}$"}', true],
  [ENUM, '{"pattern":"^(?:ab?){1,2}$"}', false],
  [ENUM, '{"pattern":"^(?:ab)?$"}', true],
  ['{"const":"a\\n"}', '{"pattern":"^a$"}', false],
  ['{"const":"\\u2028"}', '{"pattern":"."}', false],
  ['{"pattern":"("}', 'true', 'unusable', 'undecided'],
  [ENUM, '{"pattern":"^\\\\p{L}+$"}', true, 'undecided'],
  [ENUM, '{"pattern":"^a*+b$"}', 'unusable', 'undecided'],
  ['{"minProperties":1,"required":["a"]}', '{"minProperties":1}', true],
];

test('both checkers read odd documents alike, or the second does not decide', () => {
  const pairs = ODD.map(([narrow, wide]): Texts => [narrow, wide]);
  const others = theirs(pairs);
  const said = pairs.map((pair, index) => [...pair, ours(pair), others[index]]);
  expect(said).toEqual(ODD.map(([narrow, wide, own, other = own]) => [narrow, wide, own, other]));
});

test('a pattern that would be tried for ever is not', () => {
  const text = `{"const":"${'a'.repeat(40)}"}`;
  const pairs: Texts[] = [
    '^(a+)+b',
    '^(a|a)*b',
    'a*a*a*a*b',
    `${'a{0,99}'.repeat(4)}b`,
    `${'a?'.repeat(40)}${'a'.repeat(40)}b`,
  ].map(pattern => [text, JSON.stringify({ pattern })]);
  expect(pairs.map(ours)).toEqual(Array(5).fill(false));
  expect(theirs(pairs)).toEqual(Array(5).fill(false));
});
