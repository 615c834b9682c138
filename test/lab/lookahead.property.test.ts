import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { sealOf } from '../../src/kernel/run.ts';
import { firstDivergence } from '../../src/lab/divergence.ts';
import { Lookahead } from '../../src/lab/lookahead.ts';
import type { FrameRecord } from '../../src/store/record.ts';
import { delays, execute, flows, input, kernelOf, nodes } from '../kernel/tables.ts';

/** What a forger changes in a frame, where there is something to change. */
const FORGERIES: readonly ((frame: FrameRecord) => FrameRecord)[] = [
  frame => frame,
  frame => ({ ...frame, published: frame.published.map(each => ({ ...each, payload: 'forged' })) }),
  frame => ({ ...frame, published: frame.published.slice(1) }),
  frame => ({ ...frame, published: frame.published.map(each => ({ ...each, topic: 't.n0.v1' })) }),
  frame => ({ ...frame, writes: frame.writes.map((each, at) => (at === 1 ? { ...each, value: 7 } : each)) }),
  frame => ({ ...frame, writes: frame.writes.map(each => ({ ...each, key: `${each.key}s` })) }),
  frame => ({ ...frame, writes: frame.writes.toReversed() }),
  frame => ({
    ...frame,
    deliveries: frame.deliveries.map(({ event, to }) => ({ event, to, outcome: 'ok' })),
  }),
  frame => ({ ...frame, deliveries: frame.deliveries.slice(0, -1) }),
  frame => ({ ...frame, decisions: [{ kind: 'suspend', capsule: 'c0', detail: {} }] }),
  frame => ({ ...frame, time: frame.time + 1 }),
  frame => ({ ...frame, logs: [{ capsule: 'c0', cause: 0, level: 'info', message: 'forged' }] }),
];

/** One frame after the other, each held to the recorded one before the next begins. */
async function oneAtATime(kernel: Kernel, records: readonly FrameRecord[]) {
  for (const [agreed, record] of records.entries()) {
    const divergence = firstDivergence(record, await kernel.frame(record.ingress));
    if (divergence) return { agreed, divergence, seal: sealOf(kernel) };
  }
  return { agreed: records.length, divergence: undefined, seal: sealOf(kernel) };
}

async function ahead(kernel: Kernel, ids: readonly string[], records: readonly FrameRecord[]) {
  let agreed = 0;
  const lookahead = new Lookahead(new Map(ids.map(id => [id, undefined])), () => {
    agreed += 1;
  });
  kernel.foresee(lookahead);
  for (const record of records) {
    lookahead.begin(record);
    await kernel.frame(record.ingress);
    const stop = await lookahead.catchUp();
    if (stop) return { agreed, divergence: stop.divergence, seal: stop.seal };
  }
  const stop = await lookahead.settle();
  if (stop) return { agreed, divergence: stop.divergence, seal: stop.seal };
  return { agreed, divergence: undefined, seal: sealOf(kernel) };
}

test('a kernel that looks ahead stops where one does that does not, and says the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      nodes,
      input,
      delays,
      fc.integer({ min: 1, max: 6 }),
      flows,
      fc.nat(),
      fc.nat(FORGERIES.length - 1),
      async (table, events, slow, size, flow, where, how) => {
        const { records } = await execute(table, events, slow, size, { flow });
        const forged = records.map((record, at) =>
          at === where % records.length ? FORGERIES[how]!(record) : record,
        );
        const ids = table.map((_, index) => `c${index}`);
        const told = await ahead(await kernelOf(table, slow, flow), ids, forged);
        expect(told).toEqual(await oneAtATime(await kernelOf(table, slow, flow), forged));
      },
    ),
    { numRuns: 300 },
  );
});
