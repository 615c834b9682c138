import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { LazyText } from '../../src/base/texted.ts';
import { PlacedEvent } from '../../src/capsule/placed.ts';
import { numbered } from '../../src/state/memory.ts';
import { frameText } from '../../src/store/frame-text.ts';
import type { FrameRecord } from '../../src/store/record.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 6 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>;

const event = fc
  .record({
    id: maybe(text),
    cause: fc.option(fc.nat()),
    key: fc.option(text),
    ...{ offset: fc.nat(), partition: fc.nat(), payload: json },
    ...{ seq: fc.nat(), source: text, time: fc.nat(), topic: text },
  })
  .map(({ id, ...given }) => {
    const named = { ...(id === undefined ? {} : { id }), ...given };
    return new PlacedEvent(named, given, new LazyText(given.payload));
  });

const delivery = fc
  .record({
    again: maybe(fc.constant(true)),
    attempt: maybe(fc.nat()),
    event: fc.nat(),
    message: maybe(text),
    to: text,
  })
  .map(given => {
    const there = Object.entries({ ...given, outcome: 'ok' as const }).filter(
      ([, value]) => value !== undefined,
    );
    return Object.fromEntries(there) as unknown as FrameRecord['deliveries'][number];
  });

const frame = fc.record({
  type: fc.constant('frame' as const),
  decisions: fc.array(fc.record({ kind: text, capsule: text, detail: fc.dictionary(text, json) })),
  deliveries: fc.array(delivery),
  ...{ frame: fc.nat(), time: fc.nat() },
  ingress: fc.array(event),
  logs: fc.array(
    fc.record({ capsule: text, cause: fc.nat(), level: fc.constant('info' as const), message: text }),
  ),
  published: fc.array(event),
  writes: fc
    .array(fc.record({ cause: fc.nat(), key: text, value: json, writer: text }))
    .map(drafts => numbered(drafts, () => 0)),
});

test('a frame is written just as canonical JSON writes it', () => {
  fc.assert(
    fc.property(frame, record => {
      expect(frameText(record)).toBe(canonicalJson(record as unknown as JsonValue));
      // Copies carry no text, and may hold other values.
      const copy = { ...record, published: record.published.map(each => ({ ...each, payload: 1 })) };
      expect(frameText(copy)).toBe(canonicalJson(copy as unknown as JsonValue));
    }),
  );
});
