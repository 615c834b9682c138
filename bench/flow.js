/**
 * A subscriber that is slower than its input: the memory of the bus over many events, by what becomes of those that it has no room for. One
 * capsule takes the input and publishes each event on; another takes a fraction of that. The kernel is the real one, checks schemas and
 * keeps the log root; the capsules are functions, and nothing is written.
 *
 *   node bench/flow.js [--events 1000000] [--overflow backpressure,shed_oldest,latest]
 *
 * Ends with status 1 when the memory in use after all events is more than the goal above that after a tenth of them.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TopicCatalog } from '../src/bus/catalog.ts';
import { flowOf } from '../src/bus/subscription.ts';
import { FrameView } from '../src/kernel/batch.ts';
import { downstreamOf } from '../src/kernel/downstream.ts';
import { Kernel } from '../src/kernel/kernel.ts';
import { UNDISTURBED } from '../src/kernel/timing.ts';
import { StateTable } from '../src/state/memory.ts';
import { ownersOf } from '../src/state/ownership.ts';
import { USUAL } from '../src/store/flags.ts';

const GOAL_MIB = 16;
const FRAME = 64;
const PER_FRAME = 16;
const BUFFER = 1024;
const IN = 'bench.in.v1';
const OUT = 'bench.out.v1';
const SCHEMA = {
  type: 'object',
  required: ['n'],
  properties: { n: { type: 'integer' } },
  additionalProperties: false,
};

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    overflow: { type: 'string', default: 'backpressure,shed_oldest,latest' },
  },
});
for (const overflow of values.overflow.split(',')) await measure(overflow, Number(values.events));

async function measure(overflow, events) {
  const kernel = new Kernel(await network(overflow), new StateTable(), seats(), UNDISTURBED);
  const tenth = Math.floor(events / 10);
  const start = performance.now();
  let [taken, delivered, most, early] = [0, 0, 0, undefined];
  while (taken < events || kernel.busy) {
    const offered = Array.from({ length: Math.min(FRAME, events - taken) }, (_, index) =>
      input(taken + index),
    );
    const room = kernel.room(offered);
    taken += Math.min(room, offered.length);
    const record = await kernel.frame(offered.slice(0, room));
    delivered += record.deliveries.filter(({ to }) => to === 'bench.slow').length;
    if (record.frame % 1000 === 0) most = Math.max(most, process.memoryUsage.rss());
    if (early === undefined && taken >= tenth) early = inUse();
  }
  const seconds = (performance.now() - start) / 1000;
  const grown = (inUse() - early) / 2 ** 20;
  console.log(`${overflow}: ${events} events in, ${delivered} to the slow one, ${seconds.toFixed(0)} s`);
  console.log(
    `  most memory ${(most / 2 ** 20).toFixed(0)} MiB, in use between a tenth and the end ${grown.toFixed(1)} MiB more, goal: less than ${GOAL_MIB}`,
  );
  if (grown >= GOAL_MIB || delivered === 0) process.exitCode = 1;
}

/** Bytes that are in use after a collection. */
function inUse() {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function input(n) {
  return { topic: IN, time: n, key: `k${n % 100}`, payload: { n }, source: 'ingress' };
}

async function network(overflow) {
  const schemas = [{ path: 'schema.json', bytes: Buffer.from(JSON.stringify(SCHEMA)) }];
  const catalog = await TopicCatalog.build([
    { topic: IN, capsule: 'bench.first', role: 'subscribes', schemas },
    { topic: OUT, capsule: 'bench.first', role: 'publishes', schemas },
    { topic: OUT, capsule: 'bench.slow', role: 'subscribes', schemas },
  ]);
  const slow = { per_frame: PER_FRAME, buffer: BUFFER, overflow };
  return {
    behaviour: USUAL,
    catalog,
    ownership: ownersOf([]),
    components: new Map(),
    schedules: [],
    tests: new Set(),
    subscribers: topic => catalog.topic(topic).subscribers,
    leaves: () => false,
    publishes: () => true,
    flow: capsule => flowOf(capsule === 'bench.slow' ? slow : {}),
    downstream: downstreamOf(catalog),
  };
}

function seats() {
  const first = ({ event: { key, payload } }) => [{ topic: OUT, key, payload }];
  return new Map([
    ['bench.first', seat(first)],
    ['bench.slow', seat(() => [])],
  ]);
}

function seat(published) {
  const outcome = delivery => ({
    kind: 'ok',
    effects: { published: published(delivery), writes: [], logs: [] },
  });
  const view = new FrameView({ get: () => undefined, scan: () => [] });
  return { view, instance: { handle: async batch => batch.map(outcome), renew: async () => {} } };
}
