import type { Manifest } from '../../src/capsule/manifest.ts';
import type { Zone } from '../../src/capsule/zone.ts';

export const ORDER = JSON.stringify({
  type: 'object',
  required: ['do'],
  properties: { do: { type: 'string' } },
});
export const OUT = JSON.stringify({ type: 'object', required: ['n'], properties: { n: { type: 'number' } } });
/** What its method answers where somebody says that it is few. */
export const FEW = JSON.stringify({ type: 'number', maximum: 4 });

/** The probe's manifest: takes orders, publishes numbers, doubles numbers for others. */
export function probeManifest(id: string, zone: Zone = 'system'): Manifest {
  return {
    id,
    version: '1.0.0',
    type: 'logic',
    description: 'Does what it is told.',
    capabilities: { provides: [], determinism_tier: 'D0_bit_exact' },
    interfaces: {
      wasm: 'impl/capsule.wasm',
      bus: {
        subscribes: [{ topic: 'probe.order.v1', schema: 'spec/schemas/order.json' }],
        publishes: [{ topic: 'probe.out.v1', schema: 'spec/schemas/out.json' }],
      },
    },
    governance: { tier: 'local', audit_level: 'none' },
    runtime: { language: 'assemblyscript', config: { prefix: `${id}/` } },
    security: { trust_zone: zone },
  };
}
