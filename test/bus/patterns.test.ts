import { describe, expect, it } from 'vitest';
import { TopicCatalog } from '../../src/bus/catalog.ts';
import { inTime, mayTakeLong } from '../../src/bus/patterns.ts';
import { compileSchema } from '../../src/bus/schema.ts';
import { codeOf } from '../store/recording.ts';

const LONG = [
  '^(a+)+$',
  '(a|a)*b',
  '^a*a*a*$',
  'a+b',
  '^(a{1,30}){1,30}$',
  `${'a?'.repeat(30)}${'a'.repeat(30)}`,
];
const QUICK = [
  '^[a-z0-9_.-]+$',
  '^\\d{4}-\\d{2}-\\d{2}$',
  'x',
  '^(?:on|off)$',
  '^[a-z]+(?:\\.v1)?$',
  '^[+*|]+$',
];

it.each(LONG)('%s may take long', pattern => {
  expect(mayTakeLong({ properties: { name: { pattern } } })).toBe(true);
  expect(mayTakeLong({ anyOf: [{ patternProperties: { [pattern]: true } }] })).toBe(true);
});

it.each(QUICK)('%s does not', pattern => {
  expect(mayTakeLong({ pattern, patternProperties: { [pattern]: { pattern } }, type: 'string' })).toBe(false);
  expect(mayTakeLong(true)).toBe(false);
});

describe('a pattern that would be tried for ever', () => {
  const SCHEMA = '{"type":"string","pattern":"^(a+)+$"}';
  const STUCK = `${'a'.repeat(60)}!`;

  it('ends the check of a payload, and not others', async () => {
    const check = await compileSchema(SCHEMA, 'spec/schema.json');
    expect(check('aaa')).toEqual([]);
    expect(check('b')).toHaveLength(1);
    expect(await codeOf(() => check(STUCK))).toBe('VNES7009');
    expect(check('aaa')).toEqual([]);
  });

  it('ends the comparison of two schemas', async () => {
    const declared = (role: 'publishes' | 'subscribes', text: string) => ({
      topic: 'a.b.v1',
      capsule: `test.${role}`,
      role,
      schemas: [{ path: `${role}.json`, bytes: Buffer.from(text) }],
    });
    const uses = [declared('publishes', JSON.stringify({ enum: [STUCK] })), declared('subscribes', SCHEMA)];
    expect(await codeOf(() => TopicCatalog.build(uses))).toBe('VNES7009');
  });
});

it('what is thrown within is thrown', () => {
  expect(() => inTime(() => JSON.parse('{'), 's')).toThrow(SyntaxError);
  expect(inTime(() => 7, 's')).toBe(7);
});
