import { type Diagnostic, diagnose, Failure, fail } from '../../base/diagnostic.ts';
import { position } from '../../base/locate.ts';
import { COMPONENT_TOOL, toComponent } from './component.ts';
import type { BuildJob, Built } from './job.ts';
import { loadTool } from './toolchain.ts';

const COMPILER = { name: 'assemblyscript', entry: 'dist/asc.js' };

/** The SDK's lifted exports; they import the author's `main.ts`. */
const ENTRY = 'impl/src/abi.ts';
const CORE = 'core.wasm';

/**
 * Incremental garbage collection keeps memory flat however long an instance lives. No debug information, no source map: nothing
 * of this machine gets into the artifact. Features beyond these are left to the compiler's defaults, which are deterministic.
 */
const FLAGS = [
  '--runtime',
  'incremental',
  '--stackSize',
  '262144',
  '--use',
  'abort=impl/src/abi/abort',
  '-O2',
  '--shrinkLevel',
  '1',
];

/** What of the compiler's API is used (assemblyscript 0.28, `assemblyscript/asc`). */
interface Asc {
  main(argv: string[], api: AscApi): Promise<{ readonly error: Error | null }>;
}

interface AscApi {
  readFile(name: string): string | null;
  writeFile(name: string, contents: Uint8Array | string): void;
  listFiles(): string[];
  reportDiagnostic(message: AscMessage): void;
  readonly stdout: AscStream;
  readonly stderr: AscStream;
}

interface AscStream {
  write(chunk: string): void;
}

interface AscMessage {
  /** 2 is a warning, 3 an error; below are remarks. */
  readonly category: number;
  readonly message: string;
  readonly range: { readonly start: number; readonly source: { readonly normalizedPath: string } } | null;
}

/** Compiles AssemblyScript to a component. Sources are read from memory, so the same sources give the same bytes anywhere. */
export async function buildAssemblyScript(job: BuildJob): Promise<Built> {
  const compiler = await loadTool<Asc>(COMPILER, job.folder, job.shownAs);
  const { core, warnings } = await compile(compiler.module, job);
  refuseForeignImports(core, job);
  const component = await toComponent(core).catch((error: unknown) => refuseModule(job, error));
  return {
    steps: [
      { step: 'compile', tool: compiler.tool, output: core },
      { step: 'component', tool: COMPONENT_TOOL.tool, output: component },
    ],
    toolchain: [{ tool: compiler.tool, version: compiler.version }, COMPONENT_TOOL],
    reproducible: true,
    warnings,
  };
}

async function compile(asc: Asc, job: BuildJob): Promise<{ core: Uint8Array; warnings: Diagnostic[] }> {
  const messages: AscMessage[] = [];
  const printed: string[] = [];
  let core: Uint8Array | undefined;
  const print = { write: (chunk: string) => void printed.push(chunk) };
  const { error } = await asc.main([ENTRY, '--outFile', CORE, ...FLAGS], {
    readFile: name => readSource(job, name),
    writeFile: (name, contents) => {
      if (name === CORE && typeof contents !== 'string') core = contents;
    },
    listFiles: () => [],
    reportDiagnostic: message => void messages.push(message),
    stdout: print,
    stderr: print,
  });
  const [first, ...more] = messages
    .filter(message => message.category === 3)
    .map(message => toDiagnostic(job, message));
  if (first) throw new Failure(first, ...more);
  if (error || core === undefined) {
    fail('VNES5403', 'the AssemblyScript compiler failed', {
      place: { file: job.shownAs },
      found: (error?.message ?? printed.join('')).split('\n')[0],
    });
  }
  const warnings = messages
    .filter(message => message.category === 2)
    .map(message => toDiagnostic(job, message));
  return { core, warnings: warnings.map(warning => ({ ...warning, severity: 'warning' as const })) };
}

/** Only the capsule's own sources: what lies elsewhere is not covered by its receipt. */
function readSource(job: BuildJob, name: string): string | null {
  const bytes = job.sources.get(name.replaceAll('\\', '/').replace(/^\.\//, ''));
  return bytes ? Buffer.from(bytes).toString('utf8') : null;
}

function toDiagnostic(job: BuildJob, { message, range }: AscMessage): Diagnostic {
  const path = range?.source.normalizedPath;
  const text = path === undefined ? null : readSource(job, path);
  const at = range && text !== null ? position(text, range.start) : {};
  const file = text === null ? job.shownAs : `${job.shownAs}/${path}`;
  return diagnose('VNES5402', message.replace(/\.$/, ''), { place: { file, ...at } });
}

/** `Math.random`, `Date` and `console` compile to imports from a host that capsules do not have. */
function refuseForeignImports(core: Uint8Array, job: BuildJob): void {
  const module = new WebAssembly.Module(core);
  const foreign = WebAssembly.Module.imports(module).filter(
    ({ module }) => !module.startsWith('vnes:capsule/'),
  );
  const [first, ...more] = foreign.map(({ module, name }) =>
    diagnose('VNES5404', `the sources use ${module}.${name}, which no capsule gets`, {
      place: { file: `${job.shownAs}/impl/src` },
      expected: 'imports from vnes:capsule/* only',
      found: `${module}.${name}`,
      help: 'use now(), random() and log of ./vnes instead of Date, Math.random and console',
    }),
  );
  if (first) throw new Failure(first, ...more);
}

function refuseModule(job: BuildJob, error: unknown): never {
  return fail('VNES5403', 'the compiled module does not fit the capsule world', {
    place: { file: `${job.shownAs}/${ENTRY}` },
    found: String(error instanceof Error ? error.message : error).split('\n')[0],
    help: 'compare impl/src/abi.ts with the one of a fresh `vnes scaffold wasm-ts`',
  });
}
