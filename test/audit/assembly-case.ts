import { readdirSync, readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import type { TierName } from '../../src/capsule/tier.ts';
import type { LoadedCapsule } from '../../src/kernel/binding.ts';
import { wrap } from '../sandbox/probe.ts';
import { type Cause, CORPUS, loaded } from './python-case.ts';

const SDK = new URL('../../templates/wasm-ts/impl/src/', import.meta.url);
const FOLDER = new URL('assembly/', CORPUS);
const NAMES = readdirSync(FOLDER)
  .map(file => file.replace('.assembly', ''))
  .sort();
/** As `vnes build` has them, and with the names of functions. */
const FLAGS = ['--runtime', 'incremental', '--use', 'abort=abi/abort', '-O2', '--debug'];

/** One module holds all causes; `runtime.config` says which of them it is. */
const MAIN = [
  "import { Event, Result } from './vnes';",
  ...NAMES.map(name => `import * as ${name} from './causes/${name}';`),
  "let cause: string = '';",
  'export function init(config: string): Result { cause = config; return Result.ok(); }',
  'export function serve(method: string, payload: string): Result { return Result.error(method + payload); }',
  'export function handle(event: Event): Result {',
  ...NAMES.flatMap(name =>
    ['planted', 'clean'].map(
      side => `  if (cause == '{"cause":"${name} ${side}"}') return ${name}.${side}(event);`,
    ),
  ),
  '  if (cause != \'{"cause":"all clean"}\') return Result.error(cause);',
  ...NAMES.map(name => `  ${name}.clean(event).unwrap();`),
  '  return Result.ok();',
  '}',
].join('\n');

function source(name: string): string | null {
  if (name === 'main.ts') return MAIN;
  const [, cause] = /^causes\/(\w+)\.ts$/.exec(name) ?? [];
  if (cause !== undefined && !NAMES.includes(cause)) return null;
  try {
    return readFileSync(
      cause === undefined ? new URL(name, SDK) : new URL(`${cause}.assembly`, FOLDER),
      'utf8',
    );
  } catch {
    return null;
  }
}

/** The component of all causes in AssemblyScript. */
export async function buildCauses(): Promise<Uint8Array> {
  let core: Uint8Array | undefined;
  const { error, stderr } = await asc.main(['abi.ts', '-o', 'core.wasm', ...FLAGS], {
    readFile: source,
    writeFile: (name: string, data: Uint8Array | string) => {
      if (name === 'core.wasm' && typeof data !== 'string') core = data;
    },
    listFiles: () => [],
  });
  if (error || !core) throw new Error(`the corpus does not compile: ${stderr.toString()}`);
  return wrap(core);
}

/** All clean twins, one after the other for each event. */
export function allClean(component: Uint8Array): LoadedCapsule {
  return capsuleOf(component, 'all clean', 'D0');
}

function capsuleOf(component: Uint8Array, cause: string, tier: TierName): LoadedCapsule {
  const runtime = { memory_limit_mb: 16, config: { cause } };
  return loaded({ 'impl/capsule.wasm': component }, { wasm: 'impl/capsule.wasm' }, tier, runtime);
}

/** The causes of the corpus that are written in AssemblyScript. */
export function assemblyCauses(component: Uint8Array): readonly Cause[] {
  return NAMES.map(name => {
    const text = source(`causes/${name}.ts`)!;
    const caughtBy = /Caught by: ([a-z-]+)\./.exec(text)![1]!;
    return {
      name,
      caughtBy,
      source: text,
      capsule: (side, tier = 'D0') => capsuleOf(component, `${name} ${side}`, tier),
    };
  });
}
