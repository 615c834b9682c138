import type { StartMessage, WireComponent, WireLinked, WireNative, WireWasm } from '../protocol.ts';
import type { Unpinned } from '../unpinned.ts';
import { type CoreExports, linkComponent } from './component/link.ts';
import type { Exports, Imports } from './functions.ts';
import { importText } from './import-text.ts';
import { type Contract, loadContract } from './methods.ts';
import { type Exchange, nativeProgram } from './native/program.ts';
import { takeBlocks } from './pads.ts';
import { Pool } from './pool.ts';
import { pythonProgram } from './python/program.ts';
import { traced } from './trace.ts';

/** A component's code, compiled once and instantiated as often as needed. */
export interface Program {
  readonly spec: WireComponent;
  /** The counters of the sandbox, the same for all its programs. */
  readonly pool: Pool;
  readonly contract: Contract;
  /** `place` tells the instances of a sandbox apart. */
  instantiate(imports: Imports, place: string): Exports;
}

interface Glue {
  instantiate(
    core: (name: string) => WebAssembly.Module,
    imports: object,
    instantiateCore: (module: WebAssembly.Module, imports?: object) => WebAssembly.Instance,
  ): Exports;
}

/** What the programs of one sandbox share: each blob and each source is compiled once. */
export class Loader {
  readonly blobs: readonly Uint8Array[];
  private readonly modules = new Map<number, WebAssembly.Module>();
  private readonly glues = new Map<string, Glue>();

  constructor(blobs: readonly Uint8Array[]) {
    this.blobs = blobs;
  }

  module(blob: number): WebAssembly.Module {
    const known = this.modules.get(blob) ?? new WebAssembly.Module(Uint8Array.from(this.blobs[blob]!));
    this.modules.set(blob, known);
    return known;
  }

  async glue(source: string): Promise<Glue> {
    const known = this.glues.get(source) ?? (await importText<Glue>(source));
    this.glues.set(source, known);
    return known;
  }
}

/** Compiles everything that a sandbox will run. @throws Error when V8 refuses a module */
export async function loadPrograms(start: StartMessage, exchange: Exchange): Promise<Program[]> {
  const loader = new Loader(start.blobs);
  const unpinned = start.unpinned ?? {};
  const pool = new Pool(start.fuel, unpinned.stackBytes);
  const programs: Program[] = [];
  for (const [component, spec] of start.components.entries()) {
    const { code } = spec;
    const instantiate =
      code.language === 'native'
        ? nativeProgram(component, exchange, pool)
        : await loadCode(code, loader, pool, unpinned);
    const telling = unpinned.trace && code.language !== 'python';
    const contract = await loadContract(spec);
    programs.push({ spec, pool, contract, instantiate: telling ? traced(instantiate) : instantiate });
  }
  return programs;
}

async function loadCode(
  code: Exclude<WireComponent['code'], WireNative>,
  loader: Loader,
  pool: Pool,
  { python, pads }: Unpinned,
): Promise<Program['instantiate']> {
  if (code.language === 'python') return pythonProgram(code, loader, pool, python);
  const link =
    code.language === 'linked' ? linkedProgram(code, loader, pool) : await wasmProgram(code, loader, pool);
  return padded(link, pads ?? [], pool);
}

/** Links the modules of a component and tells of each. */
type Link = (host: Imports, made: (module: CoreExports) => void) => Exports;

function padded(link: Link, pads: readonly number[], pool: Pool): Program['instantiate'] {
  return host => {
    const modules: CoreExports[] = [];
    const exports = link(host, module => modules.push(module));
    if (pads.length > 0) takeBlocks(modules, pads, pool);
    return exports;
  };
}

function linkedProgram({ linking, modules: blobs }: WireLinked, loader: Loader, pool: Pool): Link {
  const modules = blobs.map(blob => loader.module(blob));
  return (host, made) => linkComponent(linking, { modules, host, besides: pool.imports, made });
}

async function wasmProgram({ source, cores }: WireWasm, loader: Loader, pool: Pool): Promise<Link> {
  const glue = await loader.glue(source);
  for (const blob of Object.values(cores)) loader.module(blob);
  return (imports, made) =>
    glue.instantiate(
      name => loader.module(cores[name]!),
      imports,
      (module, given) => {
        const instance = new WebAssembly.Instance(module, { ...given, ...pool.imports });
        made(instance.exports);
        return instance;
      },
    );
}
