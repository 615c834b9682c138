import type { Place } from '../base/diagnostic.ts';
import type { ComponentSpec, InstanceOptions } from './contract.ts';
import type { StartMessage, WireComponent } from './protocol.ts';
import { inspectComponent } from './wasm/admit.ts';
import { capMemory } from './wasm/memory.ts';
import type { Program } from './wasm/program.ts';
import { transpile } from './wasm/transpile.ts';

/**
 * Everything that a sandbox needs to start: the capsule first, then the components that answer its calls, each once.
 * @throws Failure VNES5001 to VNES5005, VNES5020
 */
export async function prepare(options: InstanceOptions, cacheDir: string | undefined): Promise<StartMessage> {
  const specs = reachable(options.component);
  const blobs = new BlobList();
  const programs = new Map<string, Program>();
  const components: WireComponent[] = [];
  for (const spec of specs) {
    const place = { file: `${spec.capsule}@${spec.version}` };
    const program =
      programs.get(spec.digest) ?? (await translate(spec, place, options.limits.memoryBytes, cacheDir));
    programs.set(spec.digest, program);
    components.push(toWire(spec, specs, program, blobs));
  }
  return { type: 'start', seed: options.seed, fuel: options.limits.fuel, components, blobs: blobs.items };
}

/** All components that calls can reach. The graph may have cycles. */
function reachable(root: ComponentSpec): ComponentSpec[] {
  const found: ComponentSpec[] = [root];
  for (const spec of found) {
    for (const service of Object.values(spec.services)) if (!found.includes(service)) found.push(service);
  }
  return found;
}

async function translate(
  spec: ComponentSpec,
  place: Place,
  memoryBytes: number,
  cacheDir?: string,
): Promise<Program> {
  await inspectComponent(spec.bytes, place);
  const program = await transpile(spec.bytes, place, cacheDir);
  const cores = Object.entries(program.cores).map(
    ([name, core]) => [name, capMemory(core, memoryBytes, place)] as const,
  );
  return { source: program.source, cores: Object.fromEntries(cores) };
}

function toWire(
  spec: ComponentSpec,
  all: readonly ComponentSpec[],
  program: Program,
  blobs: BlobList,
): WireComponent {
  const services = Object.entries(spec.services).map(
    ([name, service]) => [name, all.indexOf(service)] as const,
  );
  const cores = Object.entries(program.cores).map(([name, core]) => [name, blobs.add(core)] as const);
  return {
    capsule: spec.capsule,
    config: spec.config,
    owns: spec.access.owns,
    reads: spec.access.reads,
    publishes: spec.publishes,
    services: Object.fromEntries(services),
    source: program.source,
    cores: Object.fromEntries(cores),
  };
}

class BlobList {
  readonly items: Uint8Array[] = [];

  /** Index of the bytes; the same array is kept once. */
  add(bytes: Uint8Array): number {
    const known = this.items.indexOf(bytes);
    return known >= 0 ? known : this.items.push(bytes) - 1;
  }
}
