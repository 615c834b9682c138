import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/base/json.ts';
import { gapText } from '../../src/bus/subsume/gap.ts';
import type { Schema } from '../../src/bus/subsume/place.ts';
import { gapsBetween } from '../../src/bus/subsume/subsume.ts';
import '../seed.ts';

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

const NAMES = ['a', 'b', 'ab'] as const;

/** Small schemas with all that the comparison decides about. */
const { schema: SCHEMA } = fc.letrec<{ schema: Schema }>(tie => {
  const small = fc.integer({ min: 0, max: 3 });
  const kind = fc.constantFrom('null', 'boolean', 'integer', 'number', 'string', 'array', 'object');
  const value = fc.constantFrom<JsonValue>(
    null,
    true,
    0,
    1,
    1.5,
    'a',
    'ab',
    [],
    [1],
    {},
    { a: 1 },
    { a: 'a' },
  );
  const list = fc.array(tie('schema'), { minLength: 1, maxLength: 2 });
  const names = fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 });
  const map = (key: fc.Arbitrary<string>) => fc.dictionary(key, tie('schema'), { maxKeys: 2 });
  const object = fc.record(
    {
      type: fc.oneof(kind, fc.uniqueArray(kind, { minLength: 1, maxLength: 3 })),
      const: value,
      enum: fc.uniqueArray(value, { minLength: 1, maxLength: 3, selector: each => JSON.stringify(each) }),
      minimum: small,
      exclusiveMinimum: small,
      maximum: small,
      exclusiveMaximum: small,
      multipleOf: fc.integer({ min: 1, max: 3 }),
      minLength: small,
      maxLength: small,
      pattern: fc.constantFrom('^a', 'b$'),
      minItems: small,
      maxItems: small,
      uniqueItems: fc.boolean(),
      prefixItems: list,
      items: tie('schema'),
      contains: tie('schema'),
      required: names,
      minProperties: small,
      maxProperties: small,
      properties: map(fc.constantFrom(...NAMES)),
      patternProperties: map(fc.constantFrom('^a', 'b$')),
      additionalProperties: tie('schema'),
      dependentRequired: fc.dictionary(fc.constantFrom(...NAMES), names, { maxKeys: 1 }),
      propertyNames: tie('schema'),
      allOf: list,
      anyOf: list,
      oneOf: list,
      not: tie('schema'),
      if: tie('schema'),
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema.
      then: tie('schema'),
      $ref: fc.constantFrom('#/$defs/d', '#'),
    },
    { requiredKeys: [] },
  );
  const few = object.chain(all =>
    fc
      .subarray(Object.keys(all), { maxLength: 3 })
      .map(kept => Object.fromEntries(Object.entries(all).filter(([name]) => kept.includes(name)))),
  );
  return { schema: fc.oneof({ maxDepth: 3 }, fc.boolean(), few as unknown as fc.Arbitrary<Schema>) };
});

const VALUE = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, 1, 1.5, 2, 3, 4, '', 'a', 'ab', 'ba', [], {}),
  fc.array(fc.constantFrom<JsonValue>(0, 1, 1.5, 'a', null, {}), { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom(...NAMES, 'c'),
    fc.constantFrom<JsonValue>(0, 1, 1.5, 'a', 'ab', null, [1], { a: 1 }),
    { maxKeys: 3 },
  ),
);

/** A document around the schema, with what it may refer to. */
const DOCUMENT = fc.tuple(SCHEMA, SCHEMA).map(([schema, d]): Schema => {
  const about = typeof schema === 'boolean' ? { allOf: [schema] } : schema;
  return { ...about, $defs: { d: typeof d === 'boolean' ? d : without(d) } };
});

/** A reference that only leads to itself is no schema. */
function without(schema: Exclude<Schema, boolean>): Schema {
  const { $ref: _, ...rest } = schema;
  return rest;
}

/** One schema, and one that is mostly made of it. */
const PAIR = fc
  .tuple(DOCUMENT, DOCUMENT, fc.integer({ min: 0, max: 4 }))
  .map(([a, b, how]): [Schema, Schema] => {
    const [one, other] = [a, b] as Exclude<Schema, boolean>[];
    const both = { ...other, ...one } as Schema;
    return (
      [
        [a, b],
        [both, a],
        [both, b],
        [{ ...one, allOf: [b] } as Schema, a],
        [a, { ...one, anyOf: [b, a] } as Schema],
      ] as [Schema, Schema][]
    )[how]!;
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
