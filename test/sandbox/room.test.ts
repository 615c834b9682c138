import { expect, test } from 'vitest';
import { withRoom } from '../../src/sandbox/agent/room.ts';

/** Takes some stack, as reading an answer does. */
function descend(levels: number): number {
  return levels === 0 ? 0 : 1 + descend(levels - 1);
}

test('a question is asked only when there is stack enough for its answer', () => {
  let asked = 0;
  let answered = 0;
  const ask = withRoom(() => {
    asked += 1;
    answered += descend(100) / 100;
    return { type: 'answer', entries: [] };
  });
  const dig = (): number => ask({ type: 'get', key: 'a' }).entries.length + dig();
  for (let round = 0; round < 5; round += 1) expect(dig).toThrow('call stack');
  expect(asked).toBeGreaterThan(100);
  expect(answered).toBe(asked);
});
