import { fail } from '../../base/diagnostic.ts';

/** A starting point for a capsule; its files lie in `templates/<name>/`. */
export interface Template {
  readonly name: string;
  readonly language: string;
  readonly summary: string;
}

export const TEMPLATES: readonly Template[] = [
  {
    name: 'wasm-ts',
    language: 'AssemblyScript',
    summary: 'the syntax of TypeScript, compiled to a few kilobytes of WebAssembly; builds are reproducible',
  },
  {
    name: 'wasm-js',
    language: 'JavaScript',
    summary: 'full JavaScript with an engine inside, some 12 MB of WebAssembly; builds are not reproducible',
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
