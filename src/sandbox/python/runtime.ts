import { fail } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import type { Variant } from '../unpinned.ts';
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

/** What was checked in this process, by its pin. */
const checked = new Map<Digest, Uint8Array>();
let library: PythonRuntime['library'] | undefined;

/**
 * The runtime of Python capsules, checked against its pins. The first time on a machine it is made, which takes some seconds; then
 * it comes from `cacheDir`. @throws Failure VNES5030 when it is not there, VNES5031 when it comes out otherwise than it should
 */
export function pythonRuntime(cacheDir: string | undefined, variant: Variant = {}): PythonRuntime {
  const { nans = 'positive', hashSeed = 0 } = variant;
  library ??= libraryFiles();
  const made = (what: string, pin: Digest, make: () => Uint8Array) => pinned(what, pin, cacheDir, make);
  const canonical = () => made('interpreter', PINS.core, makeCore);
  const image = made('image', PINS.images[hashSeed], () => makeImage(canonical(), hashSeed));
  const core =
    nans === 'positive' ? canonical() : made('interpreter', PINS.negativeNans, () => makeCore(nans));
  return { core, image, library };
}

function pinned(
  what: string,
  expected: Digest,
  cacheDir: string | undefined,
  make: () => Uint8Array,
): Uint8Array {
  const known = checked.get(expected);
  if (known) return known;
  const bytes = kept(cacheDir, expected, make);
  const found = sha256(bytes);
  if (found !== expected) return other(what, expected, found);
  checked.set(expected, bytes);
  return bytes;
}

function other(what: string, expected: Digest, found: Digest): never {
  return fail('VNES5031', `the Python ${what} comes out otherwise on this machine`, {
    expected,
    found,
    help: 'report this with the output of `vnes --version` and `node --version`; no capsule code was run',
  });
}
