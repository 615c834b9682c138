import fc from 'fast-check';
import type { JsonValue } from '../../src/base/json.ts';
import type { Schema } from '../../src/base/subsume/place.ts';
import '../seed.ts';

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

/** Values, some of which the schemas take. */
export const VALUE = fc.oneof(
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
export const PAIR = fc
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
