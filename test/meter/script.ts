import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { meterModule } from '../../src/sandbox/meter/meter.ts';
import { Refused } from '../../src/sandbox/meter/refusal.ts';
import { bitsOf, type Call, harnessOf, promisedNans, readCall, signaturesOf } from './harness.ts';
import { type List, readLists } from './sexpr.ts';

type Exports = Record<string, unknown>;
/** Signatures of the module that calls go to. */
type Loaded = ReadonlyMap<string, readonly string[]>;

/** One of the two worlds in which a script runs: its modules as they are, or metered. */
interface World {
  readonly metered: boolean;
  readonly registered: Record<string, Exports>;
  readonly counters: ReturnType<typeof counters>;
  /** The module that calls go to, by its name in the script and the last one. */
  readonly named: Map<string, Exports>;
}

/** What a script was found to do. */
export interface ScriptReport {
  modules: number;
  calls: number;
  /** Promised NaNs that were compared bit by bit. */
  nans: number;
  /** Modules that are not metered, by reason. */
  readonly refused: string[];
  /** What differs between the worlds, or from the promise. Empty when all is well. */
  readonly differences: string[];
}

export function counters(fuel = 2n ** 62n, stack = 2 ** 21) {
  return {
    fuel: new WebAssembly.Global({ value: 'i64', mutable: true }, fuel),
    stack: new WebAssembly.Global({ value: 'i32', mutable: true }, stack),
  };
}

/** Runs a script of the specification's test suite twice, as it is and metered, and compares every result bit by bit. */
export async function runScript(name: string, source: string): Promise<ScriptReport> {
  library ??= await compileLibrary();
  const report: ScriptReport = { modules: 0, calls: 0, nans: 0, refused: [], differences: [] };
  const worlds = [worldOf(false), worldOf(true)] as const;
  let pending: Call[] = [];
  let loaded: Loaded | undefined;
  const flush = async () => {
    if (pending.length > 0) await compare(worlds, pending, report, name);
    pending = [];
  };
  for (const list of readLists(source)) {
    const head = list.items[0];
    if (head === 'module') {
      await flush();
      loaded = await load(source, list, worlds, report);
    } else if (head === 'register' && loaded) {
      await flush();
      for (const world of worlds) register(world, list);
    } else if (loaded) collect(source, list, loaded, pending);
  }
  await flush();
  return report;
}

function worldOf(metered: boolean): World {
  const own = counters();
  const none = () => {};
  const spectest = {
    print: none,
    print_i32: none,
    print_i64: none,
    print_f32: none,
    print_f64: none,
    print_i32_f32: none,
    print_f64_f64: none,
    ...new WebAssembly.Instance(library!).exports,
  };
  return { metered, registered: { spectest }, counters: own, named: new Map() };
}

let library: WebAssembly.Module | undefined;

async function compileLibrary(): Promise<WebAssembly.Module> {
  const text = `(module (global (export "global_i32") i32 (i32.const 666)) (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6)) (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref) (memory (export "memory") 1 2))`;
  return new WebAssembly.Module(await parse(text));
}

/** Whether the module lives in both worlds. What V8, the parser or the meter refuses takes no further part. */
async function load(
  source: string,
  list: List,
  worlds: readonly World[],
  report: ScriptReport,
): Promise<Loaded | undefined> {
  let core: Uint8Array;
  try {
    core = await parse(source.slice(list.from, list.to));
    if (!WebAssembly.validate(core)) return undefined;
  } catch {
    return undefined;
  }
  let metered: Uint8Array;
  try {
    metered = meterModule(core);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.refused.push(error.what);
    return undefined;
  }
  report.modules += 1;
  if (!WebAssembly.validate(metered)) {
    report.differences.push(`invalid when metered: ${source.slice(list.from, list.from + 60)}`);
    return undefined;
  }
  const alive = worlds.map(world => instantiate(world, world.metered ? metered : core, list));
  if (alive[0] !== alive[1]) report.differences.push(`instantiation: ${alive.join(' and ')}`);
  return alive[0] && alive[1] ? signaturesOf(core) : undefined;
}

function instantiate(world: World, code: Uint8Array, list: List): boolean {
  const imports = { ...world.registered, ...(world.metered ? { 'vnes:meter': world.counters } : {}) };
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), imports);
    world.named.set('', exports);
    if (typeof list.items[1] === 'string') world.named.set(list.items[1], exports);
    return true;
  } catch {
    return false;
  }
}

function register(world: World, list: List): void {
  const [, as, name = ''] = list.items as string[];
  world.registered[as!.slice(1, -1)] = world.named.get(name) ?? {};
}

const ASSERTIONS = ['assert_return', 'assert_trap', 'assert_exhaustion'];

function collect(source: string, list: List, loaded: Loaded, pending: Call[]): void {
  const asserted = ASSERTIONS.includes(String(list.items[0]));
  const invoke = asserted ? list.items[1] : list;
  if (typeof invoke !== 'object' || invoke.items[0] !== 'invoke') return;
  const results = list.items[0] === 'assert_return' ? (list.items.slice(2) as List[]) : [];
  const call = readCall(source, invoke, results, loaded);
  if (call) pending.push(call);
}

async function compare(
  worlds: readonly World[],
  calls: readonly Call[],
  report: ScriptReport,
  script: string,
): Promise<void> {
  const harness = new WebAssembly.Module(await parse(harnessOf(calls)));
  const ways = worlds.map(world => callAll(world, harness, calls));
  for (const [index, call] of calls.entries()) {
    const [bare, metered] = ways.map(answers => answers[index]!);
    report.calls += 1;
    const promises = call.results.flatMap((result, at) =>
      promisedNans(result).map(nan => ({ ...nan, result: at })),
    );
    report.nans += promises.length;
    const broken = promises.some(nan => !isPromised(call, metered![nan.result] ?? '', nan));
    const differ = promises.length === 0 && JSON.stringify(bare) !== JSON.stringify(metered);
    if (broken || differ)
      report.differences.push(`${script} ${call.name} ${call.args}: ${bare} and ${metered}`);
  }
}

/** `neg`, `abs` and `copysign` are about the sign alone, so theirs is exact and the script leaves it open. */
function isPromised(
  { name }: Call,
  found: string,
  nan: { readonly at: number; readonly bits: string },
): boolean {
  const negative = nan.bits.replace(/7f$/, 'ff');
  return (
    found.startsWith(nan.bits, nan.at) || (/neg|copysign/.test(name) && found.startsWith(negative, nan.at))
  );
}

/** The bits of all results of each call, or `trap`. */
function callAll(world: World, harness: WebAssembly.Module, calls: readonly Call[]): string[][] {
  const { exports } = new WebAssembly.Instance(harness, { target: world.named.get('')! });
  const memory = new Uint8Array((exports.memory as { buffer: ArrayBuffer }).buffer);
  return calls.map(({ types }, index) => {
    world.counters.stack.value = 2 ** 21;
    try {
      (exports[`call${index}`] as () => void)();
      return types.map((type, at) => bitsOf(memory, at, type));
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return ['trap'];
      throw error;
    }
  });
}
