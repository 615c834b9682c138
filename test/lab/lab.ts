import { join } from 'node:path';
import type { StatedInvariant, Subscription } from '../../src/capsule/manifest.ts';
import { bind } from '../../src/kernel/binding.ts';
import { type Booted, boot } from '../../src/kernel/boot.ts';
import { DISTURBANCES } from '../../src/kernel/conditions/kinds.ts';
import { parseIngress } from '../../src/kernel/ingress.ts';
import { prepareInvariants } from '../../src/kernel/invariants/prepare.ts';
import { type SeedsRequest, trySeeds } from '../../src/lab/seeds.ts';
import { USUAL } from '../../src/store/flags.ts';
import { probeManifest, type Workshop } from '../kernel/network.ts';

/** A network with a bug, or without: how its capsule subscribes, what it is told, and what must be true of it. */
export interface Patient {
  readonly subscription?: Partial<Subscription>;
  readonly orders: readonly object[];
  readonly invariant: StatedInvariant;
}

const INVARIANT_AT_END = { name: 'held', at: 'end' } as const;
const times = (count: number, order: (index: number) => object) =>
  Array.from({ length: count }, (_, index) => order(index));
const setTo = (word: string) => times(8, index => ({ do: word, n: index }));

/** Each bug in a network, and its twin without it. */
export const PATIENTS: Readonly<Record<string, { readonly bug: Patient; readonly twin: Patient }>> = {
  'a consumer that is not idempotent': counting('at_least_once', '<='),
  'a consumer that trusts in every delivery': counting('at_most_once', '>='),
  'an order between partitions that is taken for granted': {
    bug: ordered('set', 'state["test.one/value"] == 7.0'),
    twin: ordered('set-by-key', 'state["test.one/k1"] == 7.0 && state["test.one/k2"] == 5.0'),
  },
  'a memory that is taken for state': {
    bug: {
      subscription: { qos: 'exactly_once' },
      orders: times(12, () => ({ do: 'memory' })),
      invariant: {
        ...INVARIANT_AT_END,
        expression: 'events.exists(e, e.source != "ingress" && e.payload.n == 12)',
      },
    },
    twin: {
      subscription: { qos: 'exactly_once' },
      orders: times(12, () => ({ do: 'count' })),
      invariant: {
        ...INVARIANT_AT_END,
        expression: 'events.exists(e, e.source != "ingress" && e.payload.n == 12)',
      },
    },
  },
};

function counting(qos: NonNullable<Subscription['qos']>, operator: string) {
  const orders = times(12, () => ({ do: 'count' }));
  const expression = `state["test.one/count"] ${operator} topics["probe.order.v1"]`;
  const invariant = { ...INVARIANT_AT_END, expression };
  return {
    bug: { subscription: { qos }, orders, invariant },
    twin: { subscription: { qos: 'exactly_once' as const }, orders, invariant },
  };
}

function ordered(word: string, expression: string): Patient {
  return {
    subscription: { qos: 'exactly_once', partitions: 4 },
    orders: setTo(word),
    invariant: { ...INVARIANT_AT_END, expression },
  };
}

export interface Prepared extends SeedsRequest {
  readonly booted: Booted;
}

/** The request to try a patient under some seeds; the orders come a tenth of a second apart. */
export async function patient(
  shop: Workshop,
  { subscription, orders, invariant }: Patient,
  change: Partial<SeedsRequest> = {},
): Promise<Prepared> {
  const { interfaces } = probeManifest('test.one');
  const subscribes = [{ ...interfaces!.bus!.subscribes![0]!, ...subscription }];
  const folder = shop.add('test.one', {
    interfaces: { ...interfaces!, bus: { ...interfaces!.bus!, subscribes }, invariants: [invariant] },
  });
  const cacheDir = join(shop.dir, 'cache');
  const booted = await boot({
    folders: [folder],
    cwd: shop.dir,
    trust: shop.trust,
    zone: 'system',
    cacheDir,
  });
  if (booted.refused.length > 0) throw new Error(JSON.stringify(booted.refused));
  const lines = orders.map((payload, index) =>
    JSON.stringify({ topic: 'probe.order.v1', time: 1000 + index * 100, key: `k${index % 3}`, payload }),
  );
  const { capsules } = booted;
  return {
    booted,
    capsules,
    network: await bind(capsules, USUAL),
    settings: { seed: '7', epoch: 1000, frameIngress: 4, zone: 'system' },
    input: parseIngress(Buffer.from(lines.join('\n')), 'orders', () => []),
    invariants: await prepareInvariants(capsules),
    kinds: DISTURBANCES,
    first: 1,
    count: 40,
    parallel: 2,
    cacheDir,
    ...change,
  };
}

export { trySeeds };
