import type { CoreExport, CoreItem, Lifted, Linking, Lowered } from '../../wasm/link/linking.ts';
import type { Exports, Imports } from '../functions.ts';
import { type Door, type Lift, liftHandle, liftInit, liftServe } from './lift.ts';
import { type CoreFunction, type HostFunction, LOWER } from './lower.ts';
import { type Realloc, Space } from './space.ts';

export type CoreExports = Readonly<Record<string, unknown>>;

/** What a component is made of: its core modules, the host's functions, and what every module is given besides. */
export interface Parts {
  readonly modules: readonly WebAssembly.Module[];
  readonly host: Imports;
  readonly besides: object;
  /** Told of each module that was instantiated. */
  readonly made?: (module: CoreExports) => void;
}

/** Instantiates a component as its linking says. */
export function linkComponent(linking: Linking, parts: Parts): Exports {
  const linker = new Linker(parts);
  for (const instance of linking.instances) linker.add(instance);
  const { init, handle, serve } = linking.exports;
  return {
    init: liftInit(linker.lift(init!)),
    handle: liftHandle(linker.lift(handle!)),
    serve: liftServe(linker.lift(serve!)),
  };
}

class Linker {
  private readonly parts: Parts;
  private readonly instances: CoreExports[] = [];
  private readonly spaces: { readonly memory: unknown; readonly realloc: unknown; readonly space: Space }[] =
    [];
  private readonly door: Door = { open: true };

  constructor(parts: Parts) {
    this.parts = parts;
  }

  add(instance: Linking['instances'][number]): void {
    if ('items' in instance) {
      const items = instance.items.map(([name, item]) => [name, this.item(item)] as const);
      this.instances.push(Object.fromEntries(items));
      return;
    }
    const { modules, besides, made } = this.parts;
    const args = instance.args.map(([name, index]) => [name, this.instances[index]!] as const);
    const imports = { ...Object.fromEntries(args), ...besides };
    const { exports } = new WebAssembly.Instance(modules[instance.module]!, imports);
    made?.(exports);
    this.instances.push(exports);
  }

  lift({ code, after, ...options }: Lifted): Lift {
    return {
      code: this.export(code) as CoreFunction,
      after: after && (this.export(after) as CoreFunction),
      space: this.space(options),
      door: this.door,
    };
  }

  private item(item: CoreItem): unknown {
    return 'host' in item ? this.lower(item) : this.export(item);
  }

  private lower({ host, ...options }: Lowered): CoreFunction {
    const [from, name] = host.split(' ') as [string, string];
    const lower = LOWER[host]!;
    const code = lower(this.parts.host[from]![name] as HostFunction, this.space(options));
    const { door } = this;
    return (...args) => {
      if (!door.open) throw new WebAssembly.RuntimeError('cannot leave component instance');
      return code(...args);
    };
  }

  private export({ instance, name }: CoreExport): unknown {
    return this.instances[instance]![name];
  }

  /** One space for each memory, so that all see when it grows. */
  private space({ memory, realloc }: Pick<Lifted, 'memory' | 'realloc'>): Space {
    const own = { memory: memory && this.export(memory), realloc: realloc && this.export(realloc) };
    const known = this.spaces.find(each => each.memory === own.memory && each.realloc === own.realloc);
    if (known) return known.space;
    const space = new Space(own.memory as WebAssembly.Memory, own.realloc as Realloc);
    this.spaces.push({ ...own, space });
    return space;
  }
}
