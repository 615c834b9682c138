import { LIMITS } from '../../base/limits.ts';
import { interfaceOf } from '../wasm/interface.ts';
import { COMPONENT, CORE_MODULE, hasPreamble, Malformed, Reader, sectionsOf } from '../wasm/reader.ts';
import { pythonImports } from './python.ts';
import { TooDeep } from './python-string.ts';

/** Something of the host that a file of a capsule imports, and that differs from run to run. */
export interface HostImport {
  /** The file's path in the capsule. */
  readonly path: string;
  /** As the file writes it; without `gives`, why the file cannot be read. */
  readonly name: string;
  /** What it brings in, e.g. `randomness`. */
  readonly gives?: string;
  /** Of source files; counts from 1. */
  readonly line?: number;
}

/** What Python's modules bring in. Modules below one bring in the same. */
const PYTHON: Readonly<Record<string, string>> = {
  random: 'randomness',
  secrets: 'randomness',
  uuid: 'randomness',
  'numpy.random': 'randomness',
  time: 'the time',
  datetime: 'the time',
  os: 'the system',
  platform: 'the system',
  subprocess: 'the system',
  tempfile: 'the system',
  locale: 'the locale',
  socket: 'the network',
  socketserver: 'the network',
  ssl: 'the network',
  select: 'the network',
  selectors: 'the network',
  http: 'the network',
  urllib: 'the network',
  requests: 'the network',
  asyncio: 'the order of threads and tasks',
  concurrent: 'the order of threads and tasks',
  multiprocessing: 'the order of threads and tasks',
  threading: 'the order of threads and tasks',
  _thread: 'the order of threads and tasks',
  importlib: 'modules that nobody sees before it runs',
};

/** What the interfaces of WASI bring in, both as a component and as a core module names them. */
const WASM: readonly (readonly [start: string, gives: string])[] = [
  ['wasi:clocks/', 'the time'],
  ['wasi:random/', 'randomness'],
  ['wasi:sockets/', 'the network'],
  ['wasi:http/', 'the network'],
  ['wasi:filesystem/', 'files of the host'],
  ['wasi:cli/', 'the environment'],
  ['wasi:io/poll', 'the time'],
  ['wasi_snapshot_preview1 clock_', 'the time'],
  ['wasi_snapshot_preview1 poll_', 'the time'],
  ['wasi_snapshot_preview1 random_', 'randomness'],
  ['wasi_snapshot_preview1 sock_', 'the network'],
  ['wasi_snapshot_preview1 path_', 'files of the host'],
  ['wasi_snapshot_preview1 fd_', 'files of the host'],
  ['wasi_snapshot_preview1 environ_', 'the environment'],
  ['wasi_snapshot_preview1 args_', 'the environment'],
];

const CORE_IMPORTS = 2;
/** Far more than any module has. */
const MOST_NAMES = 100_000;

/** Up to which size in bytes a file of code is read for its imports; 0 for what is no code. */
export function codeLimit(path: string): number {
  if (isWasm(path)) return LIMITS.loadedFileBytes;
  return path.startsWith('impl/') && path.endsWith('.py') ? LIMITS.pythonBytes : 0;
}

/** Whether a file is taken for WebAssembly. */
export function isWasm(path: string): boolean {
  return path.endsWith('.wasm');
}

/**
 * What of the host the code in a file imports; nothing for a file that is no code. Never throws: a file that cannot be read is one
 * entry that says so. `bytes` may be missing only when the file is larger than its {@link codeLimit}.
 */
export function hostImports(path: string, bytes: Uint8Array | undefined): HostImport[] {
  const limit = codeLimit(path);
  if (limit === 0) return [];
  if (!bytes || bytes.length > limit) return [{ path, name: `it is larger than ${limit} bytes` }];
  try {
    return isWasm(path) ? fromWasm(path, bytes) : fromPython(path, bytes);
  } catch (error) {
    if (error instanceof Malformed) return [{ path, name: error.message }];
    if (error instanceof TooDeep) return [{ path, name: 'strings nested too deeply' }];
    throw error;
  }
}

function fromPython(path: string, bytes: Uint8Array): HostImport[] {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const found = new Map<string, HostImport>();
  for (const { name, line } of pythonImports(source)) {
    const module = Object.keys(PYTHON).find(each => name === each || name.startsWith(`${each}.`));
    if (module) found.set(`${line} ${module}`, { path, name: module, gives: PYTHON[module]!, line });
  }
  return [...found.values()];
}

function fromWasm(path: string, bytes: Uint8Array): HostImport[] {
  return wasmImports(bytes).flatMap(name => {
    const gives = WASM.find(([start]) => name.startsWith(start))?.[1];
    return gives === undefined ? [] : [{ path, name, gives }];
  });
}

/** Names as components write them; `module name` for the imports of a core module. @throws Malformed */
function wasmImports(bytes: Uint8Array): string[] {
  if (hasPreamble(bytes, COMPONENT)) return interfaceOf(bytes).imports.map(({ name }) => name);
  if (hasPreamble(bytes, CORE_MODULE)) return coreImports(bytes);
  throw new Malformed('the bytes are no WebAssembly');
}

/** Core specification, section 5.5.5. */
function coreImports(bytes: Uint8Array): string[] {
  const names = new Set<string>();
  for (const { id, body, end } of sectionsOf(bytes)) {
    if (id !== CORE_IMPORTS) continue;
    const reader = new Reader(bytes, body, end);
    for (let count = reader.u32(); count > 0; count -= 1) {
      if (names.size === MOST_NAMES) throw new Malformed(`more than ${MOST_NAMES} imports`);
      names.add(`${reader.name()} ${reader.name()}`);
      skipType(reader);
    }
  }
  return [...names];
}

/** Function, table, memory, global or tag: what each carries behind its kind. */
function skipType(reader: Reader): void {
  const kind = reader.byte();
  if (kind === 0) reader.u32();
  else if (kind === 1) {
    reader.byte();
    skipLimits(reader);
  } else if (kind === 2) skipLimits(reader);
  else if (kind === 3) reader.slice(2);
  else if (kind === 4) {
    reader.byte();
    reader.u32();
  } else throw new Malformed(`an unknown kind of import ${kind} at offset ${reader.at}`);
}

function skipLimits(reader: Reader): void {
  const flags = reader.byte();
  reader.u64();
  if (flags & 1) reader.u64();
}
