import { describe, expect, test } from 'vitest';
import type { Delivery, Outcome } from '../../src/capsule/event.ts';
import type { Instance, Rung } from '../../src/sandbox/contract.ts';
import { enduring } from '../../src/sandbox/enduring.ts';
import { died, notConfined, timedOut } from '../../src/sandbox/failures.ts';
import { options, said, scripts, spec } from './probe.ts';

const OK: Outcome = { kind: 'ok', effects: { published: [], writes: [], logs: [] } };
const START = options(spec(new Uint8Array()));

/** What a world of sandboxes does: how each delivery ends, and each start; and what happened in it. */
class World {
  readonly log: string[] = [];
  starts = 0;
  /** Keys of deliveries that kill, with how many sandboxes each kills. */
  deadly: Record<string, number> = {};
  slow: readonly string[] = [];
  deadStarts = 0;

  rung(): Rung {
    return { name: 'worker', start: async () => this.sandbox() };
  }

  private sandbox(): Instance {
    this.starts += 1;
    const number = this.starts;
    if (this.deadStarts > 0) {
      this.deadStarts -= 1;
      throw died('test.probe', 'no memory');
    }
    return {
      init: async () => {
        this.log.push(`init ${number}`);
        return OK;
      },
      renew: async () => {
        this.log.push(`renew ${number}`);
        return OK;
      },
      handle: async batch => batch.map(each => this.handle(number, each)),
      stop: async () => void this.log.push(`stop ${number}`),
    };
  }

  private handle(number: number, { event }: Delivery): Outcome {
    const key = event.key!;
    this.log.push(`${key} ${number}`);
    if (this.slow.includes(key)) throw timedOut('test.probe', 5);
    if ((this.deadly[key] ?? 0) > 0) {
      this.deadly[key]! -= 1;
      throw died('test.probe', 'it was ended by SIGKILL');
    }
    return OK;
  }
}

/** As the kernel does: until all is handled. */
async function handleAll(instance: Instance, batch: readonly Delivery[]): Promise<readonly unknown[]> {
  const outcomes: Outcome[] = [];
  while (outcomes.length < batch.length)
    outcomes.push(...(await instance.handle(batch.slice(outcomes.length))));
  return outcomes.map(outcome => said(outcome) ?? 'ok');
}

async function started(world: World, may?: () => boolean): Promise<Instance> {
  const instance = await enduring(world.rung(), may).start(START);
  await instance.init();
  return instance;
}

describe('a capsule outlives its sandbox', () => {
  test('that died by accident: everything is handled, once, from where it had no outcome', async () => {
    const world = new World();
    world.deadly = { b: 1 };
    const instance = await started(world);
    expect(await handleAll(instance, scripts('a', 'b', 'c'))).toEqual(['ok', 'ok', 'ok']);
    expect(world.log).toEqual(['init 1', 'a 1', 'b 1', 'stop 1', 'init 2', 'a 2', 'b 2', 'c 2']);
    expect(instance.befell?.()).toEqual([{ kind: 'revived', event: 0, reason: 'it was ended by SIGKILL' }]);
    expect(instance.befell?.()).toEqual([]);
  });

  test('and the delivery that kills is found and abandoned', async () => {
    const world = new World();
    world.deadly = { b: 9 };
    const instance = await started(world);
    const outcomes = await handleAll(instance, scripts('a', 'b', 'c'));
    expect(outcomes).toEqual(['ok', 'trap: its sandbox died: it was ended by SIGKILL', 'ok']);
    const told = instance.befell?.().map(({ kind, event }) => [kind, event]);
    expect(told).toEqual([
      ['revived', 0],
      ['abandoned', 1],
      ['revived', 2],
    ]);
    expect(world.deadly.b).toBe(9 - 3);
  });

  test('and what takes too long is not tried twice', async () => {
    const world = new World();
    world.slow = ['b'];
    const instance = await started(world);
    expect(await handleAll(instance, scripts('b'))).toEqual([
      'trap: its sandbox died: no answer within 5 ms',
    ]);
    expect(world.log.filter(line => line.startsWith('b'))).toEqual(['b 1']);
  });

  test('and begins anew only when it is needed: then its init sees what is true by then', async () => {
    const world = new World();
    world.slow = ['b'];
    const instance = await started(world);
    await handleAll(instance, scripts('a', 'b'));
    expect(world.log.at(-1)).toMatch(/^stop /);
    const before = world.starts;
    await handleAll(instance, scripts('c'));
    expect(world.starts).toBe(before + 1);
  });

  test('to be renewed takes another sandbox where it has none, and is nothing to tell', async () => {
    const world = new World();
    world.slow = ['a'];
    const instance = await started(world);
    await handleAll(instance, scripts('a'));
    instance.befell?.();
    expect(await instance.renew()).toEqual(OK);
    await handleAll(instance, scripts('c'));
    expect(instance.befell?.()).toEqual([]);
    expect(world.starts).toBe(2);
  });

  test('also while it starts', async () => {
    const world = new World();
    world.deadStarts = 1;
    const instance = await started(world);
    expect(await handleAll(instance, scripts('a'))).toEqual(['ok']);
    expect(instance.befell?.()).toEqual([]);
  });
});

describe('but', () => {
  test('sandboxes that die over every start end the run', async () => {
    const world = new World();
    world.deadStarts = 9;
    await expect(started(world)).rejects.toThrow('VNES5006');
    expect(world.starts).toBe(2);
  });

  test('nothing is abandoned where it is not recorded', async () => {
    const world = new World();
    world.deadly = { a: 1 };
    const instance = await started(world, () => false);
    await expect(instance.handle(scripts('a'))).rejects.toThrow('VNES5006');
  });

  test('what is no death ends the run', async () => {
    const rung: Rung = {
      name: 'worker',
      start: async () => {
        throw notConfined(['read a file']);
      },
    };
    await expect(enduring(rung).start(START)).rejects.toThrow('VNES5010');
  });

  test('one that was stopped stays so', async () => {
    const world = new World();
    const instance = await started(world);
    world.deadly = { a: 1 };
    await instance.stop();
    await expect(instance.handle(scripts('a'))).rejects.toThrow('VNES5006');
    expect(world.starts).toBe(1);
  });
});
