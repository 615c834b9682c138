import { fail, type Place } from '../../base/diagnostic.ts';
import type { BlobList } from '../blobs.ts';
import type { PythonCode } from '../contract.ts';
import type { WirePython } from '../protocol.ts';
import type { Variant } from '../unpinned.ts';
import { LAYOUT } from './release.ts';
import { pythonRuntime } from './runtime.ts';

const PAGE = 65_536;
/** The interpreter's own memory, and a quarter of that for the capsule. */
const LEAST_BYTES = (LAYOUT.pages * PAGE * 5) / 4;

export interface WireOptions {
  readonly memoryBytes: number;
  readonly cacheDir: string | undefined;
  readonly blobs: BlobList;
  readonly place: Place;
  readonly variant?: Variant;
}

/** A capsule's sources with the interpreter that runs them. @throws Failure VNES5005, VNES5030, VNES5031 */
export function wirePython(
  code: PythonCode,
  options: WireOptions,
  mode: WirePython['mode'] = 'run',
): WirePython {
  const { memoryBytes, cacheDir, blobs, place, variant } = options;
  if (memoryBytes < LEAST_BYTES) tooSmall(memoryBytes, place);
  const { core, image, library } = pythonRuntime(cacheDir, variant);
  const add = (files: Iterable<readonly [path: string, bytes: Uint8Array]>) =>
    Object.fromEntries([...files].map(([path, bytes]) => [path, blobs.add(bytes)]));
  return {
    language: 'python',
    ...code.entry,
    mode,
    files: add(code.files),
    core: blobs.add(core),
    image: blobs.add(image),
    library: add(library),
    mostPages: Math.floor(memoryBytes / PAGE),
  };
}

function tooSmall(memoryBytes: number, place: Place): never {
  const mib = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
  fail('VNES5005', 'Python needs more memory than the capsule allows', {
    place,
    expected: `at least ${mib(LEAST_BYTES)}`,
    found: mib(memoryBytes),
    help: 'raise runtime.memory_limit_mb in the manifest',
  });
}
