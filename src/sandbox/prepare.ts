import type { Digest } from '../base/digest.ts';
import { BlobList } from './blobs.ts';
import type { ComponentSpec, InstanceOptions, WasmCode } from './contract.ts';
import { runsBeside } from './native/programs.ts';
import type { StartMessage, WireComponent, WireLinked, WireWasm } from './protocol.ts';
import type { Variant } from './unpinned.ts';
import { inspectComponent } from './wasm/admit.ts';
import { capMemory } from './wasm/memory.ts';
import type { Program } from './wasm/program.ts';
import { transpile } from './wasm/transpile.ts';

/**
 * Everything that a sandbox needs to start: the capsule first, then the components that answer its calls, each once.
 * @throws Failure VNES5001 to VNES5005, VNES5020, VNES5030, VNES5031
 */
export async function prepare(
  options: InstanceOptions,
  cacheDir: string | undefined,
  variant: Variant = {},
): Promise<StartMessage> {
  const specs = reachable(options.component);
  const preparation = new Preparation(options.limits.memoryBytes, cacheDir, variant);
  const components: WireComponent[] = [];
  for (const spec of specs) components.push(toWire(spec, specs, await preparation.codeOf(spec)));
  const { seed, limits } = options;
  return { type: 'start', seed, fuel: limits.fuel, components, blobs: preparation.blobs.items };
}

/** All components that calls can reach. The graph may have cycles. */
export function reachable(root: ComponentSpec): ComponentSpec[] {
  const found: ComponentSpec[] = [root];
  for (const spec of found) {
    for (const service of Object.values(spec.services)) if (!found.includes(service)) found.push(service);
  }
  return found;
}

/** Makes code ready for one sandbox; a component that takes part twice is translated once. */
class Preparation {
  readonly blobs = new BlobList();
  private readonly programs = new Map<Digest, Program>();
  private readonly memoryBytes: number;
  private readonly cacheDir: string | undefined;
  private readonly variant: Variant;

  constructor(memoryBytes: number, cacheDir: string | undefined, variant: Variant) {
    this.memoryBytes = memoryBytes;
    this.cacheDir = cacheDir;
    this.variant = variant;
  }

  async codeOf({ capsule, version, code }: ComponentSpec): Promise<WireComponent['code']> {
    const place = { file: `${capsule}@${version}` };
    if (runsBeside(code)) return { language: 'native' };
    if (code.language === 'wasm') return this.wasm(code, place.file);
    const { wirePython } = await import('./python/wire.ts');
    const { memoryBytes, cacheDir, blobs, variant } = this;
    return wirePython(code, { memoryBytes, cacheDir, blobs, place, variant });
  }

  private async wasm(code: WasmCode, file: string): Promise<WireLinked | WireWasm> {
    const program = this.programs.get(code.digest) ?? (await this.translate(code, file));
    this.programs.set(code.digest, program);
    return wireProgram(program, this.blobs);
  }

  private async translate({ bytes }: WasmCode, file: string): Promise<Program> {
    await inspectComponent(bytes, { file });
    const program = await transpile(bytes, { file }, this.cacheDir, this.variant.nans);
    const cores = Object.entries(program.cores).map(
      ([name, core]) => [name, capMemory(core, this.memoryBytes, { file })] as const,
    );
    return { ...program, cores: Object.fromEntries(cores) };
  }
}

/** A program for a sandbox, its modules among the blobs. */
export function wireProgram(program: Program, blobs: BlobList): WireLinked | WireWasm {
  const cores = Object.entries(program.cores).map(([name, core]) => [name, blobs.add(core)] as const);
  return 'linking' in program
    ? { language: 'linked', linking: program.linking, modules: cores.map(([, blob]) => blob) }
    : { language: 'wasm', source: program.source, cores: Object.fromEntries(cores) };
}

function toWire(
  spec: ComponentSpec,
  all: readonly ComponentSpec[],
  code: WireComponent['code'],
): WireComponent {
  const services = Object.entries(spec.services).map(
    ([name, service]) => [name, all.indexOf(service)] as const,
  );
  return {
    capsule: spec.capsule,
    config: spec.config,
    owns: spec.access.owns,
    reads: spec.access.reads,
    publishes: spec.publishes,
    services: Object.fromEntries(services),
    ...(spec.methods && { methods: spec.methods }),
    code,
  };
}
