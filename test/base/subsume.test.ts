import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.ts';
import { gapText } from '../../src/base/subsume/gap.ts';
import type { Schema } from '../../src/base/subsume/place.ts';
import { gapsBetween } from '../../src/base/subsume/subsume.ts';
import { PAIR, VALUE } from './schema-pairs.ts';

const reading = (more: Record<string, JsonValue>, rest: Record<string, JsonValue> = {}): Schema => ({
  type: 'object',
  required: ['n'],
  properties: { n: { type: 'number', minimum: 0, maximum: 9 }, ...more },
  ...rest,
});

const tree = (leaf: Schema): Schema => ({
  $ref: '#/$defs/node',
  $defs: { node: { type: 'object', properties: { leaf, next: { $ref: '#/$defs/node' } } } },
});

/** What one schema takes, the other takes as well. */
const FOLLOWS: readonly (readonly [string, Schema, Schema])[] = [
  ['words for people', reading({}, { title: 'a' }), reading({}, { description: 'b' })],
  ['a member more that is described', reading({ unit: { type: 'string' } }), reading({})],
  ['a member more that is required', reading({}, { required: ['n', 'unit'] }), reading({})],
  [
    'a range within another',
    { type: 'integer', minimum: 2, maximum: 3 },
    { exclusiveMinimum: 1, maximum: 3 },
  ],
  ['whole numbers among numbers', { type: 'integer' }, { type: 'number' }],
  ['values within others', { enum: ['a', 'b'] }, { enum: ['c', 'b', 'a'] }],
  ['values within a range', { enum: [1, 2] }, { type: 'integer', minimum: 1, multipleOf: 1 }],
  ['closed among open', { type: 'object', additionalProperties: false }, { type: 'object' }],
  [
    'a closed list of names',
    { properties: { a: { const: 1 } }, additionalProperties: false },
    { patternProperties: { '^a': { type: 'integer' } } },
  ],
  [
    'a reference and what it says',
    { $ref: '#/$defs/n', $defs: { n: { type: 'integer' } } },
    { type: 'number' },
  ],
  ['a rule in parts', { allOf: [{ type: 'string' }, { maxLength: 3 }] }, { type: 'string', maxLength: 4 }],
  ['a branch more', { anyOf: [{ type: 'string' }] }, { anyOf: [{ type: 'null' }, { type: 'string' }] }],
  ['types as branches', { type: ['string', 'null'] }, { anyOf: [{ type: 'null' }, { type: 'string' }] }],
  [
    'a kind more, told apart by a word',
    { oneOf: [{ type: 'object', required: ['k'], properties: { k: { const: 'a' } } }] },
    {
      oneOf: [
        { type: 'object', required: ['k'], properties: { k: { const: 'a' } } },
        { type: 'object', required: ['k'], properties: { k: { const: 'b' } } },
      ],
    },
  ],
  [
    'a place in a list',
    { type: 'array', prefixItems: [{ const: 1 }], maxItems: 1 },
    { items: { type: 'integer' } },
  ],
  ['trees of narrower leaves', tree({ type: 'integer' }), tree({ type: 'number' })],
  ['nothing at all', false, { type: 'string' }],
];

/** What one schema takes, the other may not take, and where. */
const GAPS: readonly (readonly [string, Schema, Schema, string])[] = [
  [
    'a wider range',
    reading({ n: { type: 'number', maximum: 20 } }),
    reading({}),
    '/properties/n/minimum is 0, against nothing',
  ],
  [
    'a member less',
    reading({}),
    reading({}, { required: ['n', 'unit'] }),
    '/required is ["n","unit"], against ["n"]',
  ],
  ['another type', { type: 'string' }, { type: 'number' }, '/type is "number", against "string"'],
  ['a value more', { enum: ['a', 'b'] }, { enum: ['a'] }, '/enum is ["a"], against ["a","b"]'],
  [
    'open among closed',
    reading({}),
    reading({}, { additionalProperties: false }),
    '/additionalProperties is false, against nothing',
  ],
  [
    'a branch less',
    { anyOf: [{ type: 'null' }, { type: 'string' }] },
    { anyOf: [{ type: 'string' }] },
    '/anyOf is [{"type":"string"}], against [{"type":"null"},{"type":"string"}]',
  ],
  [
    'branches that may overlap',
    { type: 'integer' },
    { oneOf: [{ type: 'integer' }, { minimum: 3 }] },
    '/oneOf',
  ],
  ['another pattern', { type: 'string', pattern: '^a' }, { type: 'string', pattern: 'a' }, '/pattern'],
  [
    'trees of wider leaves',
    tree({ type: 'number' }),
    tree({ type: 'integer' }),
    '/$defs/node/properties/leaf/type is "integer", against "number"',
  ],
  [
    'what is not decided',
    { type: 'string' },
    { not: { type: 'number' } },
    '/not is {"type":"number"}, against nothing (vnes cannot tell whether one follows from the other)',
  ],
  ['a reference to itself', {}, { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }, '/$defs/a/$ref'],
];

describe('a schema that takes no more than another', () => {
  it.each(FOLLOWS)('%s', (_, narrow, wide) => expect(gapsBetween(narrow, wide).map(gapText)).toEqual([]));
});

describe('a schema that may take more than another', () => {
  it.each(GAPS)('%s', (_, narrow, wide, text) =>
    expect(gapText(gapsBetween(narrow, wide)[0]!)).toContain(text),
  );
});

it('finds no gap only where no value shows one', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, addUsedSchema: false, logger: false });
  const check = (schema: Schema) => {
    try {
      const validate = ajv.compile(schema);
      return (value: JsonValue) => validate(value) as boolean;
    } catch {
      return undefined;
    }
  };
  let proven = 0;
  fc.assert(
    fc.property(PAIR, fc.array(VALUE, { minLength: 20, maxLength: 20 }), ([narrow, wide], values) => {
      if (gapsBetween(narrow, wide).length > 0) return;
      const [takes, must] = [check(narrow), check(wide)];
      if (!takes || !must) return;
      proven += 1;
      for (const value of values) {
        const taken = attempt(() => takes(value));
        if (taken)
          expect(
            attempt(() => must(value)),
            JSON.stringify({ narrow, wide, value }),
          ).not.toBe(false);
      }
    }),
    { numRuns: 150 },
  );
  expect(proven).toBeGreaterThan(80);
});

/** A schema may refer to itself without end, which no value can show anything about. */
function attempt(run: () => boolean): boolean | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
