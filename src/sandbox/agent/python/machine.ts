import { LAYOUT } from '../../python/release.ts';
import type { Pool } from '../pool.ts';
import { Descriptors, type Device } from './descriptors.ts';
import { ERRNO } from './errno.ts';
import type { FileTree } from './files.ts';
import { Memory } from './memory.ts';
import { denied } from './stop.ts';
import { type Surroundings, surroundingCalls } from './surroundings.ts';
import { fileCalls, type HostFunctions } from './syscalls.ts';

/** What one instance of the interpreter's module is made of. */
export interface MachineParts {
  readonly module: WebAssembly.Module;
  readonly pool: Pool;
  /** The most pages of 64 KiB that its memory may have. */
  readonly mostPages: number;
  readonly files: FileTree;
  readonly devices: ReadonlyMap<number, Device>;
  readonly surroundings: Surroundings;
}

type Callable = (...args: unknown[]) => unknown;

/** Fuel of a call of the C library into its host, besides what it moves. */
const CALL = 200;
const PAGE_PRICE = 1024;
const PAGE = 65_536;
/** Unwinds the interpreter to its `invoke` (C's longjmp), and to the caller of `main`. */
class LongJump extends Error {}
export class StartedUp extends Error {}

/**
 * One instance of the interpreter's module, with an import for everything that it names. Imports are an allow-list: what this file
 * and those beside it do not offer is refused with an error number where the C library knows one, and ends the interpreter where it
 * does not. JavaScript is not among them.
 */
export class Machine {
  readonly memory: Memory;
  readonly exports: Readonly<Record<string, (...args: unknown[]) => number>>;
  private readonly parts: MachineParts;
  private readonly table = new WebAssembly.Table({ initial: LAYOUT.tableSize, element: 'anyfunc' });
  private readonly stack = new WebAssembly.Global({ value: 'i32', mutable: true }, LAYOUT.stackHigh);
  private readonly functions: Callable[] = [];

  constructor(parts: MachineParts) {
    this.parts = parts;
    this.memory = new Memory(LAYOUT.pages, Math.max(LAYOUT.pages, parts.mostPages));
    const instance = new WebAssembly.Instance(parts.module, { ...this.imports(), ...parts.pool.imports });
    this.exports = instance.exports as Machine['exports'];
  }

  /** A text in the interpreter's own memory, for as long as it is needed. */
  withText<T>(text: string, use: (at: number) => T): T {
    const at = this.exports.malloc!(Buffer.byteLength(text) + 1);
    this.memory.writeText(at, text);
    const result = use(at);
    this.exports.free!(at);
    return result;
  }

  /** Runs code that does not return, and gives back the stack that it has taken. */
  aside(code: () => unknown): void {
    const before = this.stack.value;
    const { room } = this.parts.pool;
    try {
      code();
    } finally {
      this.stack.value = before;
      this.parts.pool.room = room;
    }
  }

  private imports(): Record<string, Record<string, unknown>> {
    const offered = this.offered();
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module, name, kind } of WebAssembly.Module.imports(this.parts.module)) {
      imports[module] ??= {};
      imports[module][name] =
        kind === 'function' ? this.functionFor(name, offered) : this.valueFor(module, name);
    }
    return imports;
  }

  private functionFor(name: string, offered: HostFunctions): Callable {
    const { pool } = this.parts;
    if (Object.hasOwn(INTERNAL, name)) return INTERNAL[name]!(this);
    if (name.startsWith('invoke_')) return this.invoking(name);
    const code = (offered[name] ?? refusalOf(name)) as Callable;
    return (...args) => {
      pool.spend(CALL);
      return code(...args);
    };
  }

  private valueFor(module: string, name: string): unknown {
    if (name === 'memory') return this.memory.memory;
    if (name === '__indirect_function_table') return this.table;
    if (name === '__stack_pointer') return this.stack;
    if (name === '__memory_base') return constant(LAYOUT.memoryBase);
    if (name === '__table_base') return constant(LAYOUT.tableBase);
    const value = module === 'GOT.mem' ? (HEAP[name] ?? 0) : 0;
    return new WebAssembly.Global({ value: 'i32', mutable: true }, value);
  }

  private offered(): HostFunctions {
    const { memory, parts } = this;
    const spend = (units: number) => parts.pool.spend(units);
    const descriptors = new Descriptors(parts.files, parts.devices);
    return {
      ...fileCalls({ memory, descriptors, spend }),
      ...surroundingCalls(memory, parts.surroundings),
      emscripten_get_heap_max: () => parts.mostPages * PAGE,
      emscripten_resize_heap: (size: number) => this.resize(size >>> 0),
    };
  }

  /** Grows by an eighth, or by what is asked where that is more or all there is. */
  private resize(size: number): number {
    const { length } = this.memory.bytes;
    const needed = Math.ceil((size - length) / PAGE);
    const left = this.parts.mostPages - length / PAGE;
    if (needed > left) return 0;
    const pages = Math.min(left, Math.max(needed, Math.ceil(length / 8 / PAGE)));
    this.parts.pool.spend(PAGE_PRICE * pages);
    return this.memory.grow(pages) ? 1 : 0;
  }

  /** A function by its place in the table, which nothing changes. */
  at(index: number): Callable {
    this.functions[index] ??= this.table.get(index) as Callable;
    return this.functions[index] ?? denied;
  }

  /** Calls a function that C may leave by longjmp; its first letter says what it returns. */
  private invoking(name: string): Callable {
    const nothing = name.startsWith('invoke_v') ? undefined : name.startsWith('invoke_j') ? 0n : 0;
    const { pool } = this.parts;
    return (index, ...args) => {
      const before = this.stack.value;
      const { room } = pool;
      try {
        return this.at(index as number)(...args);
      } catch (error) {
        if (!(error instanceof LongJump)) throw error;
        this.stack.value = before;
        pool.room = room;
        this.exports.setThrew!(1, 0);
        return nothing;
      }
    };
  }
}

/** What the interpreter needs to call itself. It costs what the called code costs. */
const INTERNAL: Readonly<Record<string, (machine: Machine) => Callable>> = {
  _PyEM_TrampolineCall_JS: machine => (index, self, args, names) =>
    machine.at(index as number)(self, args, names),
  _PyImport_InitFunc_TrampolineCall: machine => index => machine.at(index as number)(),
  _PyEM_GetCountArgsPtr: () => () => 0,
  _emscripten_throw_longjmp: () => () => {
    throw new LongJump();
  },
  emscripten_exit_with_live_runtime: () => () => {
    throw new StartedUp();
  },
  _Py_emscripten_runtime: () => () => 0,
  _Py_CheckEmscriptenSignals_Helper: () => () => 0,
  _emscripten_runtime_keepalive_clear: () => () => {},
  // Asked for once by an initialiser, before there is any Python; nothing ever uses what it gets.
  __hiwire_deduplicate_new: () => () => null,
};

const HEAP: Readonly<Record<string, number>> = {
  __heap_base: LAYOUT.stackHigh,
  __stack_high: LAYOUT.stackHigh,
  __stack_low: LAYOUT.stackLow,
};

/** Calls that fail as they do on a system without the feature. */
const FAILING: readonly (readonly [pattern: RegExp, answer: number])[] = [
  [/^(?:__syscall_|_emscripten_system$|_m(?:map|sync|unmap)_js$)/, -ERRNO.noSystemCall],
  [/^fd_/, ERRNO.noSystemCall],
  [/^_dl(?:open|sym)_js$|^getprotobyname$|^_emscripten_lookup_name$/, 0],
  [/^get(?:addr|name)info$/, -2],
];

function refusalOf(name: string): Callable {
  const answer = FAILING.find(([pattern]) => pattern.test(name))?.[1];
  return answer === undefined ? denied : () => answer;
}

function constant(value: number): WebAssembly.Global {
  return new WebAssembly.Global({ value: 'i32', mutable: false }, value);
}
