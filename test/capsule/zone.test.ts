import { expect, test } from 'vitest';
import { zoneOf } from '../../src/capsule/manifest.ts';
import type { Zone } from '../../src/capsule/zone.ts';

test.each<[id: string, asks: Zone | undefined, gets: Zone]>([
  ['hypersync.core.geometry', 'system', 'system'],
  ['hypersync.platform.mail', 'system', 'system'],
  ['hypersync.contrib.geometry', 'system', 'tenant'],
  ['tenant.seattle.detector', 'system', 'tenant'],
  ['user.mallory.geometry', 'system', 'session'],
  ['user.mallory.geometry', 'tenant', 'session'],
  ['user.mallory.geometry', 'ephemeral', 'ephemeral'],
  ['users.ada.counter', 'system', 'system'],
  ['hypersync.core.geometry', undefined, 'ephemeral'],
])('%s that asks for %s gets %s', (id, asks, gets) => {
  expect(zoneOf({ id, ...(asks ? { security: { trust_zone: asks } } : {}) })).toBe(gets);
});
