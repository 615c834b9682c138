import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BusEvent } from '../../src/capsule/event.ts';
import type { Manifest } from '../../src/capsule/manifest.ts';
import { runReport } from '../../src/kernel/report.ts';
import type { Timing } from '../../src/kernel/timing.ts';
import { UNDISTURBED } from '../../src/kernel/timing.ts';
import { branchFolder, createBranch } from '../../src/lab/branches.ts';
import { replay } from '../../src/lab/replay.ts';
import { readJournal } from '../../src/store/read.ts';
import type { Decision } from '../../src/store/record.ts';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { goOnWith, probeManifest, runOrders, type Workshop, workshop } from './network.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await workshop();
}, 60_000);

const orders = (...words: string[]) => words.map(word => ({ do: word }));

function numbers(outputs: readonly BusEvent[]): unknown[] {
  return outputs.map(({ payload }) => (payload as { n: number }).n);
}

function decisionsIn(recording: string): readonly Decision[] {
  return [...readJournal(recording)].flatMap(({ record }) =>
    record.type === 'frame' ? record.decisions : [],
  );
}

async function expectEqualReplay(recording: string): Promise<void> {
  const outcome = await replay({ dir: recording, timing: UNDISTURBED, cacheDir: join(shop.dir, 'cache') });
  expect(outcome.divergence).toBeUndefined();
}

/** A capsule that may take half a second: what spins takes longer. */
function hasty(id: string, change: Partial<Manifest> = {}): string {
  const { runtime } = probeManifest(id);
  return shop.add(id, {
    runtime: { ...runtime!, timeout_ms: 500, fuel: Number.MAX_SAFE_INTEGER },
    ...change,
  });
}

describe('a delivery that takes its sandbox with it', () => {
  test('is abandoned, and all others are handled as ever', async () => {
    const folder = hasty('test.hasty');
    const { outputs, tally, recording } = await runOrders(
      shop,
      [folder],
      orders('count', 'count', 'spin', 'count', 'memory'),
      { frameIngress: 4 },
    );
    expect(numbers(outputs)).toEqual([1, 2, 3, 2]);
    expect(tally.deliveries).toMatchObject({ ok: 4, trap: 1 });
    expect(tally.of('test.hasty').sandboxes).toEqual({ revived: 2, abandoned: 1 });
    const reason = 'no answer within 500 ms';
    expect(decisionsIn(recording)).toEqual([
      { kind: 'revived', capsule: 'test.hasty', detail: { events: [0, 3], reasons: [reason, reason] } },
      { kind: 'abandoned', capsule: 'test.hasty', detail: { events: [2], reasons: [reason] } },
    ]);
    await expectEqualReplay(recording);
  });

  test('is made again where its subscription asks for that, and ends as a dead letter', async () => {
    const { interfaces } = probeManifest('test.eager');
    const [subscription] = interfaces!.bus!.subscribes!;
    const flow = {
      ...subscription!,
      qos: 'at_least_once',
      attempts: 2,
      dead_letter: 'probe.dead.v1',
    } as const;
    const bus = { ...interfaces!.bus!, subscribes: [flow] };
    const folder = hasty('test.eager', { interfaces: { ...interfaces!, bus } });
    const { outputs, recording } = await runOrders(shop, [folder], orders('spin', 'count'));
    expect(outputs.map(({ topic }) => topic)).toEqual(['probe.out.v1', 'probe.dead.v1']);
    expect(outputs[1]!.payload).toMatchObject({ attempts: 2, outcome: 'trap' });
    await expectEqualReplay(recording);
  });

  test('again and again suspends its capsule; the run comes to its end', async () => {
    const folder = hasty('test.looping');
    const asked = orders('spin', 'spin', 'spin', 'count');
    const { tally, recording } = await runOrders(shop, [folder], asked, { frameIngress: 1 });
    expect(tally.deliveries).toMatchObject({ trap: 3, skipped: 1 });
    expect(decisionsIn(recording).at(-1)).toMatchObject({ kind: 'suspend', detail: { breakdowns: 3 } });
    await expectEqualReplay(recording);
  });
});

/** Kills the agents below this process right before a frame. */
function killingAt(frame: number): Timing {
  return {
    before: (_, now) => {
      if (now === frame) for (const pid of agentsBelow(process.pid)) kill(pid);
      return undefined;
    },
  };
}

/** Some end with those that were killed before. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {}
}

function agentsBelow(root: number): number[] {
  const all = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(processOf);
  const within = new Set([root]);
  for (const { pid, parent } of all.sort((a, b) => a.pid - b.pid)) if (within.has(parent)) within.add(pid);
  return all.filter(({ pid, agent }) => agent && within.has(pid)).map(({ pid }) => pid);
}

function processOf(name: string) {
  try {
    const parent = Number(
      readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[1],
    );
    const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
    return [{ pid: Number(name), parent, agent: command.includes('--permission') }];
  } catch {
    return [];
  }
}

describe.skipIf(!BUBBLEWRAP)('a sandbox that is killed from outside', () => {
  test('costs its capsule what it remembered, and nothing else; a replay does the same without a death', async () => {
    const folder = shop.add('test.killed');
    const asked = orders(...Array(12).fill('count'), 'memory', ...Array(3).fill('count'));
    const calm = await runOrders(shop, [folder], asked, { zone: 'session' });
    const killed = await runOrders(shop, [folder], asked, { zone: 'session', timing: killingAt(2) });
    expect(numbers(calm.outputs).filter(n => n === 13)).toHaveLength(2);
    expect(numbers(killed.outputs)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 5, 13, 14, 15]);
    expect(killed.tally.deliveries).toEqual(calm.tally.deliveries);
    expect(killed.tally.of('test.killed').sandboxes).toEqual({ revived: 1, abandoned: 0 });
    expect(killed.seal.stateRoot).toBe(calm.seal.stateRoot);
    const settings = { seed: '7', epoch: 1000, zone: 'session' };
    const report = runReport(settings, killed.capsules, killed, new Map());
    expect(report.capsules).toMatchObject([{ sandboxes: { revived: 1, abandoned: 0 } }]);
    await expectEqualReplay(killed.recording);
  });

  test('may lie before a branch, and be killed again on it', async () => {
    const folder = shop.add('test.branched', { security: { trust_zone: 'session' } });
    const asked = orders('memory', 'memory', 'memory', 'memory', 'memory');
    const timing = killingAt(1);
    const first = await runOrders(shop, [folder], asked.slice(0, 3), {
      ...{ zone: 'session', timing, frameIngress: 1 },
    });
    await createBranch(first.recording, 'on', 'end');
    const branch = branchFolder(first.recording, 'on');
    const second = await goOnWith(shop, [folder], branch, asked, { timing: killingAt(5) });
    expect(numbers(second.outputs)).toEqual([3, 1]);
    await expectEqualReplay(branch);
  });
});
