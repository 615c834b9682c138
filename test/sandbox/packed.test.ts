import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { packDeliveries, packOutcomes, unpackDeliveries, unpackOutcomes } from '../../src/sandbox/packed.ts';
import type { WireDelivery, WireOutcome } from '../../src/sandbox/protocol.ts';
import { vetOutcome } from '../../src/sandbox/vet.ts';
import { spec } from './probe.ts';

const text = fc.string({ maxLength: 6 });
const delivery: fc.Arbitrary<WireDelivery> = fc.record({
  subscriber: fc.constantFrom('a.b', 'c.d'),
  topic: fc.constantFrom('in.v1', 'out.v1'),
  partition: fc.nat(),
  offset: fc.nat(),
  time: fc.nat(),
  key: fc.option(text),
  payload: text,
});
const effects = fc.record({
  kind: fc.constant('ok' as const),
  published: fc.array(fc.tuple(text, fc.option(text), text), { maxLength: 3 }),
  writes: fc.array(fc.tuple(text, fc.option(text)), { maxLength: 3 }),
  logs: fc.array(fc.tuple(fc.constantFrom('debug' as const, 'error' as const), text), { maxLength: 3 }),
});
const failed = fc.record({
  kind: fc.constantFrom('error' as const, 'trap' as const, 'fault' as const),
  message: text,
});
const outcome: fc.Arbitrary<WireOutcome> = fc.oneof(effects, failed);

test('what is packed comes out the same', () => {
  fc.assert(
    fc.property(fc.array(delivery), fc.array(outcome), fc.option(fc.nat()), (deliveries, outcomes, units) => {
      const handle = { type: 'handle' as const, deliveries };
      expect(unpackDeliveries(structuredClone(packDeliveries(handle)))).toEqual(handle);
      const fuel = units === null || outcomes.length === 0 ? {} : { fuel: outcomes.map(() => units) };
      const answer = { type: 'outcomes' as const, outcomes, ...fuel };
      expect(unpackOutcomes(structuredClone(packOutcomes(answer)))).toEqual(answer);
    }),
  );
});

test('what nobody packed becomes nothing, or outcomes that are refused or right', () => {
  const part = fc.oneof(
    fc.constantFrom('ok', 'trap', 0, 1, 2, -1, 1e9, 0.5, Number.NaN, null, 'in.v1'),
    fc.anything(),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 24 }), packed => {
      const message = unpackOutcomes(packed) as { outcomes: unknown[] } | undefined;
      for (const each of message?.outcomes ?? []) {
        try {
          expect(['ok', 'error', 'trap', 'fault']).toContain(vetOutcome(spec(new Uint8Array()), each).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }
    }),
  );
  expect(unpackOutcomes(['ok', null, 1e9, 0, 0])).toBeUndefined();
  expect(unpackOutcomes(['ok', null, 1, 0, 0, 'out.v1', null])).toBeUndefined();
});
