import { Malformed, Reader, type Section, sectionsOf } from '../../../capsule/wasm/reader.ts';
import type { CoreExport, CoreInstance, CoreItem, Lifted, Linking } from './linking.ts';
import { EXPORT_SIGNATURES, HOST_SIGNATURES } from './signatures.ts';
import { at, equalType, externName, type InstanceType, readType, type Type, vector } from './types.ts';
import { Unfamiliar } from './unfamiliar.ts';

/** A component's linking, and its core modules as they stand in it. */
export interface Linked {
  readonly linking: Linking;
  readonly modules: readonly Uint8Array[];
}

/**
 * Reads how a component puts its core modules together (Component Model, Binary.md). Undefined for one that uses anything beyond
 * what a component of our world needs, for which jco's glue is there. The bytes must have been validated before.
 */
export function linkingOf(bytes: Uint8Array): Linked | undefined {
  try {
    return new Linker(bytes).link();
  } catch (error) {
    if (error instanceof Unfamiliar || error instanceof Malformed) return undefined;
    throw error;
  }
}

interface HostFunction {
  readonly host: string;
  readonly type: Type;
}

interface LiftedFunction {
  readonly lifted: Lifted;
  readonly type: Type;
}

interface Options {
  readonly memory?: CoreExport;
  readonly realloc?: CoreExport;
  readonly after?: CoreExport;
}

/** The index spaces of a component, filled section by section. */
class Linker {
  private readonly bytes: Uint8Array;
  private readonly modules: Uint8Array[] = [];
  private readonly types: Type[] = [];
  private readonly instances: { readonly name: string; readonly type: InstanceType }[] = [];
  private readonly functions: (HostFunction | LiftedFunction)[] = [];
  private readonly coreInstances: CoreInstance[] = [];
  /** By sort: 0 functions, 1 tables, 2 memories, 3 globals. */
  private readonly core: readonly CoreItem[][] = [[], [], [], []];
  private readonly exports: Record<string, Lifted> = {};

  /** Sections by number; what is not here is unfamiliar. */
  private readonly readers: Readonly<Record<number, (reader: Reader) => void>> = {
    2: reader => void this.coreInstances.push(this.coreInstance(reader)),
    6: reader => this.alias(reader),
    7: reader => void this.types.push(readType(reader, this.types)),
    8: reader => this.canonical(reader),
    10: reader => this.import(reader),
    11: reader => this.export(reader),
  };

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  link(): Linked {
    for (const section of sectionsOf(this.bytes)) this.read(section);
    for (const name of Object.keys(EXPORT_SIGNATURES))
      if (!Object.hasOwn(this.exports, name)) throw new Unfamiliar(`without ${name}`);
    return { linking: { instances: this.coreInstances, exports: this.exports }, modules: this.modules };
  }

  private read({ id, body, end }: Section): void {
    if (id === 0) return;
    if (id === 1) {
      this.modules.push(this.bytes.subarray(body, end));
      return;
    }
    const read = this.readers[id] ?? unknown(`section ${id}`);
    const reader = new Reader(this.bytes, body, end);
    vector(reader, () => read(reader), 100_000);
    if (reader.at !== end) throw new Malformed('a section goes on after its last item');
  }

  private coreInstance(reader: Reader): CoreInstance {
    if (reader.byte() === 0) return this.moduleInstance(reader);
    const items = vector(reader, () => {
      const name = reader.name();
      return [name, at(this.coreSpace(reader.byte()), reader.u32())] as const;
    });
    return { items };
  }

  private moduleInstance(reader: Reader): CoreInstance {
    const module = reader.u32();
    at(this.modules, module);
    const args = vector(reader, () => {
      const name = reader.name();
      if (reader.byte() !== 0x12) unknown('argument that is no instance');
      return [name, reader.u32()] as const;
    });
    for (const [, instance] of args) at(this.coreInstances, instance);
    return { module, args };
  }

  private alias(reader: Reader): void {
    const sort = reader.byte();
    if (sort === 0) this.coreAlias(reader);
    else if (sort === 1) this.functions.push(this.importedFunction(reader));
    else if (sort === 3) this.types.push(this.ofInstance(reader).type);
    else unknown(`alias of sort ${sort}`);
  }

  private coreAlias(reader: Reader): void {
    const space = this.coreSpace(reader.byte());
    if (reader.byte() !== 0x01) unknown('alias of a core item');
    const instance = reader.u32();
    at(this.coreInstances, instance);
    space.push({ instance, name: reader.name() });
  }

  private importedFunction(reader: Reader): HostFunction {
    const { from, name, type } = this.ofInstance(reader);
    return { host: `${from.replace(/@.*$/, '')} ${name}`, type };
  }

  private ofInstance(reader: Reader): { from: string; name: string; type: Type } {
    if (reader.byte() !== 0x00) unknown('alias');
    const instance = at(this.instances, reader.u32());
    const name = reader.name();
    const type = instance.type.get(name) ?? unknown('export of an instance');
    return { from: instance.name, name, type };
  }

  private canonical(reader: Reader): void {
    const kind = reader.byte();
    if (kind > 1 || reader.byte() !== 0) unknown('canonical definition');
    if (kind === 1) this.lower(reader);
    else this.lift(reader);
  }

  private lower(reader: Reader): void {
    const called = at(this.functions, reader.u32());
    const { after, ...options } = this.options(reader);
    if (!('host' in called) || called.type !== HOST_SIGNATURES[called.host] || after) unknown('import');
    this.core[0]!.push({ host: called.host, ...options });
  }

  private lift(reader: Reader): void {
    const code = exported(at(this.core[0]!, reader.u32()));
    const options = this.options(reader);
    this.functions.push({ lifted: { code, ...options }, type: at(this.types, reader.u32()) });
  }

  private options(reader: Reader): Options {
    const options = vector(reader, () => this.option(reader));
    return Object.assign({}, ...options);
  }

  private option(reader: Reader): Options {
    const kind = reader.byte();
    if (kind === 0x00) return {};
    if (kind === 0x03) return { memory: exported(at(this.core[2]!, reader.u32())) };
    if (kind === 0x04) return { realloc: exported(at(this.core[0]!, reader.u32())) };
    if (kind === 0x05) return { after: exported(at(this.core[0]!, reader.u32())) };
    return unknown('option of a canonical definition');
  }

  private import(reader: Reader): void {
    const name = externName(reader);
    const kind = reader.byte();
    if (kind === 0x03) this.types.push(equalType(reader, this.types));
    else if (kind === 0x05) {
      const type = at(this.types, reader.u32());
      this.instances.push({ name, type: typeof type === 'string' ? unknown('import') : type });
    } else unknown('import');
  }

  private export(reader: Reader): void {
    const name = externName(reader);
    if (reader.byte() !== 0x01) unknown('export that is no function');
    const found = at(this.functions, reader.u32());
    if (reader.byte() !== 0) unknown('export with another type');
    if (!('lifted' in found) || found.type !== EXPORT_SIGNATURES[name]) unknown('export');
    this.exports[name] = found.lifted;
    this.functions.push(found);
  }

  private coreSpace(sort: number): CoreItem[] {
    return this.core[sort] ?? unknown(`core sort ${sort}`);
  }
}

function exported(item: CoreItem): CoreExport {
  return 'host' in item ? unknown('function of the host in the place of core code') : item;
}

function unknown(what: string): never {
  throw new Unfamiliar(what);
}
