import { readFileSync } from 'node:fs';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import asc from 'assemblyscript/asc';
import { sha256 } from '../../src/base/digest.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { compareCodeUnits } from '../../src/base/order.ts';
import type { Delivery, Outcome } from '../../src/capsule/event.ts';
import type { ComponentSpec, InstanceOptions, StateReader } from '../../src/sandbox/contract.ts';

const WIT = readFileSync(new URL('../../src/sandbox/wasm/vnes.wit', import.meta.url), 'utf8');

/** A core module as a component of the capsule world, or of the world that `wit` describes. */
export async function wrap(core: Uint8Array, wit = WIT): Promise<Uint8Array> {
  return componentNew(await componentEmbed({ binary: core, witSource: wit, world: 'capsule' }), []);
}

/** A component that has every import and export of a world and traps on each call. */
export async function dummy(wit = WIT): Promise<Uint8Array> {
  return componentNew(await componentEmbed({ dummy: true, witSource: wit, world: 'capsule' }), []);
}

/** A core module from its text form. */
export async function assemble(wat: string): Promise<Uint8Array> {
  return parse(wat);
}

export { WIT };

/** The component of probe.assembly, compiled anew. */
export async function buildProbe(): Promise<Uint8Array> {
  const source = readFileSync(new URL('./probe.assembly', import.meta.url), 'utf8');
  let core: Uint8Array | undefined;
  const options = ['probe.ts', '-o', 'probe.wasm', '--runtime', 'minimal', '--use', 'abort=', '-O'];
  const { error, stderr } = await asc.main(options, {
    readFile: (name: string) => (name === 'probe.ts' ? source : null),
    writeFile: (_name: string, data: Uint8Array | string) => {
      if (typeof data !== 'string') core = data;
    },
    listFiles: () => [],
  });
  if (error || !core) throw new Error(`the probe does not compile: ${stderr.toString()}`);
  return wrap(core);
}

export function spec(bytes: Uint8Array, change: Partial<ComponentSpec> = {}): ComponentSpec {
  return {
    capsule: 'test.probe',
    version: '1.0.0',
    code: { language: 'wasm', bytes, digest: sha256(bytes) },
    config: 'null',
    access: { owns: ['own/'], reads: ['other/'] },
    publishes: ['out.v1'],
    services: {},
    ...change,
  };
}

export function stateOf(values: Record<string, JsonValue>): StateReader {
  const keys = Object.keys(values).sort(compareCodeUnits);
  return {
    get: key => values[key],
    scan: prefix => keys.filter(key => key.startsWith(prefix)).map(key => [key, values[key]!] as const),
  };
}

export function options(component: ComponentSpec, change: Partial<InstanceOptions> = {}): InstanceOptions {
  return {
    component,
    seed: '7',
    limits: { timeoutMs: 20_000, memoryBytes: 64 * 1024 * 1024, fuel: 1e9 },
    state: stateOf({}),
    ...change,
  };
}

/** Deliveries whose keys are scripts for the probe. */
export function scripts(...lines: string[]): Delivery[] {
  return lines.map((key, index) => ({
    subscriber: 'test.probe',
    event: {
      seq: index,
      topic: 'in.v1',
      partition: 0,
      offset: index,
      time: 1_000 + index,
      key,
      payload: { n: index },
      source: 'ingress',
      cause: null,
    },
  }));
}

/** What a script published by `emit`, or how it ended. */
export function said(outcome: Outcome | undefined): JsonValue | undefined {
  if (!outcome) return undefined;
  return outcome.kind === 'ok'
    ? outcome.effects.published.at(-1)?.payload
    : `${outcome.kind}: ${outcome.message}`;
}
