import { importedFiles, importedPackages, type SourceFile, withoutStrings } from './sources.ts';

/** A rule of the sources: the problems that it finds, as sentences. */
export type Rule = (files: readonly SourceFile[]) => string[];

/** Top to bottom. A file imports from its own folder and from folders below. */
const ORDER = [
  'cli',
  'lab',
  'kernel',
  'scheduler',
  'authoring',
  'sandbox',
  'registry',
  'bus',
  'state',
  'store',
  'trust',
  'telemetry',
  'capsule',
  'base',
  'generated',
] as const;
/** Neighbours in the order that may not meet. */
const STRANGERS: readonly (readonly [string, string])[] = [['bus', 'state']];
/** The only file that may name a package. Everything else goes through it. */
const OWNERS: Readonly<Record<string, string>> = {
  '@bytecodealliance/jco-transpile/component': 'sandbox/wasm/transpile.ts',
  '@bytecodealliance/jco-transpile/wasm-tools': 'authoring/build/component.ts',
  '@bufbuild/cel': 'base/cel/expression.ts',
  ajv: 'bus/schema.ts',
  chalk: 'cli/render/colour.ts',
  commander: 'cli/usage.ts',
  diff: 'kernel/quarantine/patch.ts',
  'fast-glob': 'registry/glob.ts',
  ink: 'cli/quarantine/screen/ink.ts',
  react: 'cli/quarantine/screen/ink.ts',
  semver: 'capsule/version.ts',
  'string-width': 'cli/quarantine/screen/width.ts',
};
const MOST_LINES = 400;

interface Ambient {
  readonly what: string;
  readonly pattern: RegExp;
  /** Files, or folders ending in a slash, that are the place for it. */
  readonly allowed: readonly string[];
}

/** The world as a program finds it, which would make runs differ. It comes in through the ports instead. */
const AMBIENT: readonly Ambient[] = [
  {
    what: 'the time',
    pattern: /\bDate\.now\b|(?<!new )\bDate\(\)|\bperformance\.|\bhrtime\b/,
    allowed: ['base/host.ts'],
  },
  { what: 'a date', pattern: /\bnew Date\b/, allowed: ['base/host.ts', 'base/ports.ts'] },
  {
    what: 'randomness',
    pattern: /\bMath\.random\b|\bgetRandomValues\b|\bcrypto\.random|\brandom\w+[^;]* from 'node:crypto'/,
    allowed: ['base/host.ts'],
  },
  {
    what: 'the environment',
    pattern: /\bprocess\.(env|cwd)\b|\bhomedir\b/,
    allowed: ['base/host.ts', 'sandbox/agent/canary.ts'],
  },
  { what: 'the console', pattern: /\bconsole\./, allowed: [] },
  {
    what: 'the terminal or the process',
    pattern: /\bprocess\.(stdin|stdout|stderr|exit|exitCode|chdir|argv)\b/,
    // The last holds the text of a program that runs in a process of its own.
    allowed: ['cli/', 'sandbox/agent/', 'authoring/build/javascript.ts'],
  },
  { what: 'the locale', pattern: /\blocaleCompare\b|\btoLocale\w*|\bIntl\./, allowed: [] },
];

/** No step upwards in the order of folders, and none between strangers. */
export const folderOrder: Rule = files =>
  files.flatMap(file =>
    importedFiles(file)
      .filter(target => !mayImport(folderOf(file.path), folderOf(target)))
      .map(target => `${file.path} imports ${target}, which is not below it`),
  );

function mayImport(from: string, to: string): boolean {
  const [above, below] = [rank(from), rank(to)];
  if (above === -1 || below === -1 || above > below) return false;
  return !STRANGERS.some(([a, b]) => a === from && b === to);
}

function rank(folder: string): number {
  return (ORDER as readonly string[]).indexOf(folder);
}

function folderOf(path: string): string {
  return path.split('/')[0]!;
}

/** No cycles between files. */
export const noCycles: Rule = files => {
  const graph = new Map(files.map(file => [file.path, importedFiles(file)]));
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, above: readonly string[]): void => {
    if (above.includes(path))
      problems.push(`a cycle: ${[...above.slice(above.indexOf(path)), path].join(' -> ')}`);
    else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) visit(next, [...above, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) visit(path, []);
  return problems;
};

/** A package is named by the file that owns it, and by no other. */
export const packageOwners: Rule = files =>
  files.flatMap(file =>
    importedPackages(file)
      .filter(name => ownerOf(name) !== file.path)
      .map(name => `${file.path} imports ${name}; its owner is ${ownerOf(name) ?? 'not in the table'}`),
  );

function ownerOf(name: string): string | undefined {
  const owned = Object.keys(OWNERS).find(each => name === each || name.startsWith(`${each}/`));
  return owned && OWNERS[owned];
}

/** Time, randomness, environment, locale and terminal only where they belong. */
export const noAmbient: Rule = files =>
  files.flatMap(file => {
    const code = withoutStrings(file.text);
    return AMBIENT.filter(({ pattern, allowed }) => pattern.test(code) && !isIn(file.path, allowed)).map(
      ({ what, pattern }) => `${file.path} reaches for ${what}: ${code.match(pattern)?.[0]}`,
    );
  });

function isIn(path: string, places: readonly string[]): boolean {
  return places.some(place => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

/** What lets go of what sandboxes pin, and the only file that may import it. */
const AUDITS_ALONE: Readonly<Record<string, string>> = { 'sandbox/audit-rung.ts': 'lab/audit/perform.ts' };

/** No run can come by the knobs of audits. */
export const auditsAlone: Rule = files =>
  files.flatMap(file =>
    importedFiles(file)
      .filter(target => Object.hasOwn(AUDITS_ALONE, target) && AUDITS_ALONE[target] !== file.path)
      .map(target => `${file.path} imports ${target}, which is for ${AUDITS_ALONE[target]}`),
  );

/** No file that nobody wants to read. */
export const fileLength: Rule = files =>
  files
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines; ${MOST_LINES} are the most`);

/** Nothing is switched off, and nothing is left for later. */
export const noEscapes: Rule = files =>
  files.flatMap(({ path, text }) =>
    [
      ...text.matchAll(/@ts-(?:ignore|expect-error|nocheck)|biome-ignore|\bas any\b|\b(?:TODO|FIXME|XXX)\b/g),
    ].map(match => `${path} holds ${match[0]}`),
  );
