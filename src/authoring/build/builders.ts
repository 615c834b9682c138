import { fail } from '../../base/diagnostic.ts';
import type { Manifest } from '../../capsule/manifest.ts';
import { C, type Notation, PYTHON, RUST, SCRIPT } from './constants.ts';
import type { Builder } from './job.ts';

/** How one language is built: its builder, and the constants that it gets from the manifest. */
export interface Language {
  readonly load: () => Promise<Builder>;
  /** The SDK's exports and the author's own file; a capsule without them cannot be built. */
  readonly sources: readonly string[];
  /** Where the generated constants go, and how they are written. */
  readonly constants: string;
  readonly notation: Notation;
  /** What a build makes: a component, a native program, or nothing besides the constants because the sources are what runs. */
  readonly makes: 'component' | 'program' | 'constants';
}

/** By `runtime.language` of the manifest. */
export const LANGUAGES: Readonly<Record<string, Language>> = {
  assemblyscript: {
    load: async () => (await import('./assemblyscript.ts')).buildAssemblyScript,
    sources: ['impl/src/abi.ts', 'impl/src/main.ts'],
    constants: 'impl/src/spec.ts',
    notation: SCRIPT,
    makes: 'component',
  },
  javascript: {
    load: async () => (await import('./javascript.ts')).buildJavaScript,
    sources: ['impl/src/abi.js', 'impl/src/main.js'],
    constants: 'impl/src/spec.js',
    notation: SCRIPT,
    makes: 'component',
  },
  c: {
    load: async () => (await import('./c.ts')).buildC,
    sources: ['impl/src/abi.c', 'impl/src/main.c'],
    constants: 'impl/src/spec.h',
    notation: C,
    makes: 'component',
  },
  'native-c': {
    load: async () => (await import('./native.ts')).buildNative,
    sources: ['impl/src/frames.c', 'impl/src/main.c'],
    constants: 'impl/src/spec.h',
    notation: C,
    makes: 'program',
  },
  'native-so': {
    load: async () => (await import('./native.ts')).buildLibrary,
    sources: ['impl/src/frames.c', 'impl/src/loader.c'],
    constants: 'impl/src/spec.h',
    notation: C,
    makes: 'program',
  },
  rust: {
    load: async () => (await import('./rust.ts')).buildRust,
    sources: ['impl/src/abi.rs', 'impl/src/main.rs'],
    constants: 'impl/src/spec.rs',
    notation: RUST,
    makes: 'component',
  },
  python: {
    load: async () => (await import('./python.ts')).buildPython,
    sources: ['impl/src/main.py'],
    constants: 'impl/src/spec.py',
    notation: PYTHON,
    makes: 'constants',
  },
};

/** Whether vnes builds the language that a manifest names. */
export function isBuilt({ runtime }: Pick<Manifest, 'runtime'>): boolean {
  return runtime?.language !== undefined && Object.hasOwn(LANGUAGES, runtime.language);
}

/** @throws Failure VNES5405 when the manifest names no language that vnes builds. */
export function languageOf(manifest: Manifest, manifestFile: string): Language {
  const name = manifest.runtime?.language;
  const language = name !== undefined && Object.hasOwn(LANGUAGES, name) ? LANGUAGES[name] : undefined;
  if (language) return language;
  return fail('VNES5405', 'the manifest names no language that vnes builds', {
    place: { file: manifestFile, pointer: '/runtime/language' },
    expected: Object.keys(LANGUAGES).join(' or '),
    found: name === undefined ? 'none' : JSON.stringify(name),
    help: 'set "runtime": { "language": "assemblyscript" }, or build the component yourself and sign it',
  });
}
