import { fail } from '../../base/diagnostic.ts';

/** A starting point for a capsule; its files lie in `templates/<name>/`. */
export interface Template {
  readonly name: string;
  readonly language: string;
  readonly summary: string;
  /** How its compiler is installed: by npm beside the capsule, by the system, or there is none. */
  readonly compiler: 'npm' | 'system' | 'none';
}

export const TEMPLATES: readonly Template[] = [
  {
    name: 'wasm-ts',
    language: 'AssemblyScript',
    summary: 'the syntax of TypeScript, compiled to a few kilobytes of WebAssembly; builds are reproducible',
    compiler: 'npm',
  },
  {
    name: 'wasm-js',
    language: 'JavaScript',
    summary: 'full JavaScript with an engine inside, some 12 MB of WebAssembly; builds are not reproducible',
    compiler: 'npm',
  },
  {
    name: 'wasm-c',
    language: 'C',
    summary:
      'C11 without a library, compiled by clang to a few kilobytes of WebAssembly; builds are reproducible',
    compiler: 'system',
  },
  {
    name: 'wasm-rust',
    language: 'Rust',
    summary:
      'Rust with its standard library, compiled by rustc to some 100 kilobytes of WebAssembly; builds are reproducible',
    compiler: 'system',
  },
  {
    name: 'native-c',
    language: 'C, native',
    summary:
      'the sources of wasm-c, compiled to an executable that runs in a confined process; promises D1 at most',
    compiler: 'system',
  },
  {
    name: 'native-so',
    language: 'C, as a shared library',
    summary:
      'a shared library, built here or by another compiler, in an executable that loads it; promises D1 at most',
    compiler: 'system',
  },
  {
    name: 'python',
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
