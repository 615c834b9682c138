import { fail } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { kept } from './kept.ts';
import { libraryFiles, makeCore, makeImage } from './make.ts';
import { PINS } from './pins.ts';

/** All that an interpreter is started from. */
export interface PythonRuntime {
  /** The metered module. */
  readonly core: Uint8Array;
  /** What was in its memory when it had started (agent/python/image.ts). */
  readonly image: Uint8Array;
  /** Its own files by absolute path. */
  readonly library: readonly (readonly [path: string, bytes: Uint8Array])[];
}

let loaded: PythonRuntime | undefined;

/**
 * The runtime of Python capsules, checked against its pins. The first time on a machine it is made, which takes some seconds; then
 * it comes from `cacheDir`. @throws Failure VNES5030 when it is not there, VNES5031 when it comes out otherwise than it should
 */
export function pythonRuntime(cacheDir: string | undefined): PythonRuntime {
  if (loaded) return loaded;
  const library = libraryFiles();
  const core = pinned('interpreter', PINS.core, kept(cacheDir, PINS.core, makeCore));
  const image = pinned(
    'image',
    PINS.image,
    kept(cacheDir, PINS.image, () => makeImage(core)),
  );
  loaded = { core, image, library };
  return loaded;
}

function pinned(what: string, expected: Digest, bytes: Uint8Array): Uint8Array {
  const found = sha256(bytes);
  if (found === expected) return bytes;
  return fail('VNES5031', `the Python ${what} comes out otherwise on this machine`, {
    expected,
    found,
    help: 'report this with the output of `vnes --version` and `node --version`; no capsule code was run',
  });
}
