import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIMITS } from '../../src/base/limits.ts';
import { Turn } from '../../src/sandbox/agent/turn.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'ľ', '\u0001', '"', '\\', '\n'), maxLength: 40 });

test('the size of a turn is at least half of what it takes in a message', () => {
  const effect = fc.tuple(fc.constantFrom('publish', 'write', 'log'), text, text);
  fc.assert(
    fc.property(fc.array(effect, { maxLength: 30 }), effects => {
      const turn = Turn.ofInit('test.one');
      for (const [kind, plain, value] of effects) {
        if (kind === 'publish') turn.publish('out.v1', plain, JSON.stringify(value));
        else if (kind === 'write') turn.write(plain, JSON.stringify(value));
        else turn.log('debug', plain);
      }
      const { kind, ...carried } = turn.finish();
      const around = JSON.stringify({ published: [], writes: [], logs: [] }).length;
      expect(kind).toBe('ok');
      expect(Buffer.byteLength(JSON.stringify(carried)) - around).toBeLessThanOrEqual(2 * turn.size);
    }),
  );
});

test('characters that are long in JSON count with that length against the limit of effects', () => {
  const turn = Turn.ofInit('test.one');
  const wide = '\u0001'.repeat(LIMITS.messageLength);
  for (let bytes = 0; bytes < LIMITS.effectBytes / 3; bytes += wide.length) turn.log('info', wide);
  expect(turn.finish()).toMatchObject({
    kind: 'fault',
    message: expect.stringContaining('bytes of effects'),
  });
});
