import type { StartMessage, WireComponent } from '../protocol.ts';
import { Pool } from './pool.ts';

/** The component's functions. Their real types are the component's own, so nothing is taken for granted. */
export interface Exports {
  init(config: string): unknown;
  handle(event: object): unknown;
  serve(method: string, payload: string): unknown;
}

/** A component's code, compiled once and instantiated as often as needed. */
export interface Program {
  readonly spec: WireComponent;
  /** The counters of the sandbox, the same for all its programs. */
  readonly pool: Pool;
  instantiate(imports: object): Exports;
}

interface Glue {
  instantiate(
    core: (name: string) => WebAssembly.Module,
    imports: object,
    instantiateCore: (module: WebAssembly.Module, imports?: object) => WebAssembly.Instance,
  ): Exports;
}

/** Compiles everything that a sandbox will run. @throws Error when V8 refuses a module */
export async function loadPrograms(start: StartMessage): Promise<Program[]> {
  const modules = new Map<number, WebAssembly.Module>();
  const pool = new Pool(start.fuel);
  const glues = new Map<string, Glue>();
  for (const spec of start.components) {
    for (const blob of Object.values(spec.cores)) {
      if (!modules.has(blob)) modules.set(blob, new WebAssembly.Module(Uint8Array.from(start.blobs[blob]!)));
    }
    if (!glues.has(spec.source)) glues.set(spec.source, await importText(spec.source));
  }
  return start.components.map(spec => ({
    spec,
    pool,
    instantiate: imports =>
      glues.get(spec.source)!.instantiate(
        name => modules.get(spec.cores[name]!)!,
        imports,
        (module, given) => new WebAssembly.Instance(module, { ...given, ...pool.imports }),
      ),
  }));
}

/** A data: URL is the only way to import a module that lies in no file; the sandbox may read none. */
async function importText(source: string): Promise<Glue> {
  return import(`data:text/javascript;base64,${Buffer.from(source, 'utf8').toString('base64')}`);
}
