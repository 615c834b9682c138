import { fail } from '../../base/diagnostic.ts';

/** Files that several templates share; they lie in `templates/parts/<name>/`. */
export interface Part {
  readonly name: string;
  /** The folder of the capsule that they are put into; by default its top. */
  readonly into?: string;
}

/** A starting point for a capsule: its own files lie in `templates/<name>/`, and parts are added to them. */
export interface Template {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly language: string;
  readonly summary: string;
  /** How its compiler is installed: by npm beside the capsule, by the system, or there is none. */
  readonly compiler: 'npm' | 'system' | 'none';
}

/** What all templates start with: a capsule that keeps the running mean of a stream, its schemas and examples. */
const COUNTER: Part = { name: 'counter' };

const C_HEADER: Part = { name: 'c-header', into: 'impl/src' };
const C_LOGIC: Part = { name: 'c-logic', into: 'impl/src' };
const C_FRAMES: Part = { name: 'c-frames', into: 'impl/src' };
const C_TESTS: Part = { name: 'c-tests', into: 'test' };
const NPM: Part = { name: 'npm' };

export const TEMPLATES: readonly Template[] = [
  {
    name: 'wasm-ts',
    parts: [COUNTER, NPM],
    language: 'AssemblyScript',
    summary: 'the syntax of TypeScript, compiled to a few kilobytes of WebAssembly; builds are reproducible',
    compiler: 'npm',
  },
  {
    name: 'wasm-js',
    parts: [COUNTER, NPM],
    language: 'JavaScript',
    summary: 'full JavaScript with an engine inside, some 12 MB of WebAssembly; builds are not reproducible',
    compiler: 'npm',
  },
  {
    name: 'wasm-c',
    parts: [COUNTER, C_HEADER, C_LOGIC, C_TESTS],
    language: 'C',
    summary:
      'C11 without a library, compiled by clang to a few kilobytes of WebAssembly; builds are reproducible',
    compiler: 'system',
  },
  {
    name: 'wasm-rust',
    parts: [COUNTER],
    language: 'Rust',
    summary:
      'Rust with its standard library, compiled by rustc to some 100 kilobytes of WebAssembly; builds are reproducible',
    compiler: 'system',
  },
  {
    name: 'native-c',
    parts: [COUNTER, C_HEADER, C_LOGIC, C_FRAMES, C_TESTS],
    language: 'C, native',
    summary:
      'the sources of wasm-c, compiled to an executable that runs in a confined process; D0 in virtual machines alone',
    compiler: 'system',
  },
  {
    name: 'native-so',
    parts: [COUNTER, C_HEADER, { ...C_LOGIC, into: 'impl/src/library' }, C_FRAMES, C_TESTS],
    language: 'C, as a shared library',
    summary:
      'a shared library, built here or by another compiler, in an executable that loads it; D0 in virtual machines alone',
    compiler: 'system',
  },
  {
    name: 'python',
    parts: [COUNTER],
    language: 'Python',
    summary: 'Python 3.12 on the interpreter that comes with vnes; nothing to compile or to install',
    compiler: 'none',
  },
];

/** @throws Failure VNES1050 */
export function templateNamed(name: string): Template {
  return (
    TEMPLATES.find(template => template.name === name) ??
    fail('VNES1050', `there is no template ${JSON.stringify(name)}`, {
      expected: TEMPLATES.map(template => template.name).join(' or '),
      found: JSON.stringify(name),
      help: 'vnes scaffold --list',
    })
  );
}
