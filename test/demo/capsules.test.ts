import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compilePlan, planBuild } from '../../src/authoring/build/build.ts';
import { sha256 } from '../../src/base/digest.ts';

const ROOT = join(import.meta.dirname, '../..');
const CAPSULES = join(ROOT, 'fixtures/demo/capsules');
const SDK = join(ROOT, 'templates/wasm-ts/impl/src');
/** Files of the template's sources that an author writes or a build generates; the rest is the SDK. */
const NOT_SDK = ['main.ts', 'spec.ts'];

const names = readdirSync(CAPSULES).sort();

describe('the capsules of the demo', () => {
  it('are the four bootstrap capsules, two detectors and a report', () => {
    expect(names).toEqual([
      'hypersync.core.consensus',
      'hypersync.core.geometry',
      'hypersync.core.observability',
      'hypersync.core.routing',
      'seattle.weather.alert_report',
      'seattle.weather.detector_hyperbolic',
      'seattle.weather.detector_robust',
    ]);
  });

  it('carry the SDK of the template, byte for byte', () => {
    const sdk = readdirSync(SDK).filter(file => file.endsWith('.ts') && !NOT_SDK.includes(file));
    expect(sdk.length).toBeGreaterThanOrEqual(5);
    for (const name of names) {
      for (const file of sdk) {
        const copy = readFileSync(join(CAPSULES, name, 'impl/src', file), 'utf8');
        expect(copy, `${name}/impl/src/${file}`).toBe(readFileSync(join(SDK, file), 'utf8'));
      }
    }
  });

  it('can be rebuilt from their sources, byte for byte', async () => {
    const folder = join(CAPSULES, 'hypersync.core.geometry');
    const { digest } = await compilePlan(planBuild(folder, folder));
    expect(digest).toBe(sha256(readFileSync(join(folder, 'impl/capsule.wasm'))));
  });

  it('agree on the schema of each topic and connect: what one subscribes to, another or the input publishes', () => {
    const schemas = new Map<string, string>();
    const [published, subscribed] = [new Set(['weather.day.v1']), new Set<string>()];
    for (const name of names) {
      const { bus = {} } = manifestOf(name).interfaces;
      for (const { topic, schema } of [...(bus.publishes ?? []), ...(bus.subscribes ?? [])]) {
        const text = readFileSync(join(CAPSULES, name, schema), 'utf8');
        expect(text, `${name}: ${topic}`).toBe(schemas.get(topic) ?? text);
        schemas.set(topic, text);
      }
      for (const { topic } of bus.publishes ?? []) published.add(topic);
      for (const { topic } of bus.subscribes ?? []) subscribed.add(topic);
    }
    expect([...subscribed].filter(topic => !published.has(topic))).toEqual([]);
    expect(schemas.size).toBe(6);
  });

  it('are the project’s own code and run anywhere, promise bit-exact results and need the geometry by capability only', () => {
    for (const name of names) {
      const manifest = manifestOf(name);
      expect(manifest.security.trust_zone).toBe('system');
      expect(manifest.capabilities.determinism_tier).toBe('D0_bit_exact');
    }
    const needing = names.filter(name => manifestOf(name).capabilities.requires !== undefined);
    expect(needing).toEqual(['hypersync.core.routing', 'seattle.weather.detector_hyperbolic']);
    for (const name of needing)
      expect(manifestOf(name).capabilities.requires).toEqual(['geometry.distance@^1']);
  });
});

interface TopicUse {
  readonly topic: string;
  readonly schema: string;
}

interface DemoManifest {
  readonly capabilities: { readonly determinism_tier: string; readonly requires?: readonly string[] };
  readonly interfaces: {
    readonly bus?: { readonly subscribes?: TopicUse[]; readonly publishes?: TopicUse[] };
  };
  readonly security: { readonly trust_zone: string };
}

function manifestOf(name: string): DemoManifest {
  return JSON.parse(readFileSync(join(CAPSULES, name, 'manifest.json'), 'utf8'));
}
