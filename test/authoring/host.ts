import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ScaffoldRequest, scaffold } from '../../src/authoring/scaffold/scaffold.ts';
import { glue } from '../../src/sandbox/wasm/transpile.ts';

export const TEMPLATES = join(import.meta.dirname, '../../templates');

/** A capsule from a template, in a folder of its own. */
export function freshCapsule(
  request: Partial<ScaffoldRequest> = {},
  changes: Record<string, string> = {},
): string {
  const cwd = temporaryFolder();
  scaffold({
    template: 'wasm-ts',
    id: 'user.ada.counter',
    dir: 'capsule',
    cwd,
    templates: TEMPLATES,
    ...request,
  });
  const folder = join(cwd, 'capsule');
  for (const [path, text] of Object.entries(changes)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vnes-authoring-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface GuestEvent {
  topic: string;
  partition: number;
  offset: bigint;
  time: bigint;
  key?: string;
  payload: string;
}

/** A component's exports. A WIT error is thrown with the message as `payload`. */
export interface Guest {
  init(config: string): void;
  handle(event: GuestEvent): void;
  serve(method: string, payload: string): string;
}

/** A host that writes down what it was asked. It shares no code with the sandbox's own. */
export class Host {
  readonly state = new Map<string, string>();
  readonly published: (readonly [topic: string, payload: string, key: string | undefined])[] = [];
  readonly logs: (readonly [level: string, message: string])[] = [];
  time = 0n;
  private readonly memories: { readonly buffer: ArrayBuffer }[] = [];

  /** Linear memory of the guest in bytes. */
  get memoryBytes(): number {
    return Math.max(...this.memories.map(({ buffer }) => buffer.byteLength));
  }

  async load(component: Uint8Array): Promise<Guest> {
    const program = await glue(component, { file: 'capsule.wasm' });
    const module = await import(`data:text/javascript,${encodeURIComponent(program.source)}`);
    const core = (name: string) => new WebAssembly.Module(program.cores[name]!);
    const counters = {
      fuel: new WebAssembly.Global({ value: 'i64', mutable: true }, 2n ** 62n),
      stack: new WebAssembly.Global({ value: 'i32', mutable: true }, 2 ** 21),
    };
    return module.instantiate(core, this.imports(), (each: WebAssembly.Module, imports?: object) => {
      const instance = new (globalThis as unknown as Engine).WebAssembly.Instance(each, {
        ...imports,
        'vnes:meter': counters,
      });
      if (instance.exports.memory) this.memories.push(instance.exports.memory);
      return instance;
    });
  }

  private imports(): object {
    return {
      'vnes:capsule/bus': {
        publish: (topic: string, payload: string, key: string | undefined) => {
          if (topic === 'forbidden.v1') throw 'not declared: é🙂';
          this.published.push([topic, payload, key]);
        },
      },
      'vnes:capsule/state': {
        get: (key: string) => this.state.get(key),
        scan: (prefix: string) =>
          [...this.state].flatMap(([key, value]) => (key.startsWith(prefix) ? [{ key, value }] : [])),
        put: (key: string, value: string) => void this.state.set(key, value),
        delete: (key: string) => void this.state.delete(key),
      },
      'vnes:capsule/rpc': {
        call: (...parts: string[]) => {
          if (parts[1] === 'fails') throw 'the service said no';
          return JSON.stringify(parts);
        },
      },
      'vnes:capsule/clock': { now: () => this.time },
      'vnes:capsule/entropy': {
        random: (length: number) => new Uint8Array(length).map((_, index) => index + 1),
      },
      'vnes:capsule/log': {
        write: (level: string, message: string) => void this.logs.push([level, message]),
      },
      'vnes:capsule/types': {},
    };
  }
}

interface Engine {
  WebAssembly: {
    Instance: new (
      module: WebAssembly.Module,
      imports: object,
    ) => { exports: { memory?: { buffer: ArrayBuffer } } };
  };
}

/** An event with what the test does not care about filled in. */
export function event(topic: string, payload: unknown, key?: string): GuestEvent {
  const base = {
    topic,
    partition: 3,
    offset: 2n ** 60n,
    time: 1_700_000_000_123n,
    payload: JSON.stringify(payload),
  };
  return key === undefined ? base : { ...base, key };
}

/** The message of the WIT error that `work` ends in. */
export function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && 'payload' in error) return String(error.payload);
    throw error;
  }
  throw new Error('nothing was refused');
}
