import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { compileSchema } from '../../src/bus/schema.ts';
import { bind } from '../../src/kernel/binding.ts';
import { Dice } from '../../src/lab/audit/dice.ts';
import { madeUpIngress } from '../../src/lab/audit/ingress.ts';
import { Values } from '../../src/lab/audit/values.ts';
import { USUAL } from '../../src/store/flags.ts';
import { loaded, PYTHON_CAUSES } from './python-case.ts';

const NAME = fc.constantFrom('a', 'b', 'über', 'length', 'id');
const bounded = (least: string, most: string, limit: number) =>
  fc
    .tuple(fc.nat(limit), fc.nat(limit))
    .map(([a, b]) => ({ [least]: Math.min(a, b), [most]: Math.max(a, b) }));

/** Schemas by the keywords that those of capsules use. */
const { schema } = fc.letrec<{ schema: JsonObject }>(tie => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonObject>(
      { type: 'null' },
      { type: 'boolean' },
      { const: [1] },
      { enum: ['x', 2, null] },
    ),
    bounded('minimum', 'maximum', 50).map(limits => ({ type: 'number', ...limits })),
    bounded('minimum', 'maximum', 50).map(limits => ({ type: ['integer'], ...limits })),
    fc.nat(90).map(least => ({ type: 'integer', minimum: least, multipleOf: 5, maximum: least + 20 })),
    bounded('minLength', 'maxLength', 20).map(limits => ({ type: 'string', ...limits })),
    fc.constantFrom<JsonObject>(
      { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
      { type: 'string', pattern: '^[a-z]+$' },
      { type: 'string', format: 'date-time' },
    ),
    fc
      .tuple(bounded('minItems', 'maxItems', 4), tie('schema'))
      .map(([limits, items]) => ({ type: 'array', items, ...limits })),
    fc.dictionary(NAME, tie('schema'), { maxKeys: 4, noNullPrototype: true }).map(properties => ({
      type: 'object',
      properties,
      required: Object.keys(properties).slice(0, 2),
      additionalProperties: false,
    })),
    tie('schema').map(of => ({ $defs: { of }, $ref: '#/$defs/of' })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map(anyOf => ({ anyOf })),
  ),
})) as unknown as { schema: fc.Arbitrary<JsonObject> };

test('values obey the schema that they are made up from', async () => {
  await fc.assert(
    fc.asyncProperty(schema, fc.string(), async (of, seed) => {
      // References are to the document that stands alone; inside another one they lead elsewhere.
      fc.pre(!JSON.stringify(of).slice(1).includes('{"$defs"'));
      const check = await compileSchema(JSON.stringify(of));
      const values = new Values(of, new Dice(seed));
      for (let count = 0; count < 5; count += 1) expect(check(values.next())).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

describe('events made up for a capsule', () => {
  const subject = PYTHON_CAUSES[0]!.capsule('clean');
  const events = async (seed: string) =>
    madeUpIngress({ subject, network: await bind([subject], USUAL), seed, count: 30 });

  test('are those of their seed', async () => {
    expect(await events('1')).toEqual(await events('1'));
    expect(await events('2')).not.toEqual(await events('1'));
  });

  test('come in the order of their times, on topics that it takes, and differ', async () => {
    const made = await events('1');
    const times = made.map(({ time }) => time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(made.map(({ topic }) => topic))).toEqual(new Set(['in.v1']));
    expect(new Set(made.map(({ payload }) => JSON.stringify(payload))).size).toBeGreaterThan(25);
  });

  test.each([
    ['no value obeys its schema', { type: 'string', pattern: '^only this [!]$' }, {}],
    ['it takes nothing', { type: 'string' }, { bus: { subscribes: [] } }],
  ])('are refused when %s', async (_, payload, interfaces) => {
    const plain = loaded({}, { python: 'impl.src.main:run', ...interfaces }, 'D0');
    const capsule = { ...plain, read: () => Buffer.from(JSON.stringify(payload)) };
    const network = await bind([capsule], USUAL);
    expect(() => madeUpIngress({ subject: capsule, network, seed: '1', count: 3 })).toThrow('VNES8107');
  });
});
