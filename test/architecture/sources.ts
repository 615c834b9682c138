import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';

/** A file of the sources. `path` is relative to src/, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files below `root`, generated ones left out. */
export function readSources(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.startsWith('generated/'))
    .map(path => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

const TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** The code without comments. */
export function withoutComments(text: string): string {
  return text.replace(TOKEN, token => (token.startsWith('/') ? ' ' : token));
}

/** The code without comments and plain strings. Templates stay, because they hold code, and names of modules. */
export function withoutStrings(text: string): string {
  return text.replace(TOKEN, (token, at: number) =>
    token.startsWith('`') || text.slice(0, at).endsWith(' from ') ? token : ' ',
  );
}

const IMPORT = /\b(?:from\s+|import\s+|(?:import|require)\(\s*)(['"])([\w@./-]+)\1/g;

/** What a file imports, by `import`, `export from`, `import()` and type imports, as it is written. */
export function specifiers(file: SourceFile): string[] {
  return [...withoutComments(file.text).matchAll(IMPORT)].map(match => match[2]!);
}

/** The files of src/ that a file imports. */
export function importedFiles(file: SourceFile): string[] {
  return specifiers(file)
    .filter(name => name.startsWith('.'))
    .map(name => normalize(join(dirname(file.path), name)));
}

/** The packages that a file imports, with their subpaths; Node's own modules left out. */
export function importedPackages(file: SourceFile): string[] {
  return specifiers(file).filter(name => !name.startsWith('.') && !name.startsWith('node:'));
}
