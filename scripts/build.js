/**
 * Builds dist/: one small CommonJS file for what must start fast (the shell and `verify`), lazily loaded ES modules for
 * everything else, and the sandbox's agent. Every `import()` of the hot file becomes an entry point of the second step.
 *
 *   node scripts/build.js
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import v8 from 'node:v8';
import { build } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..');
const DIST = path.join(ROOT, 'dist');
/** Built beside the old one and then moved, so that a test which runs the CLI meanwhile finds one or the other. */
const STAGE = path.join(ROOT, 'dist.new');
/** The part of the program that loads what is built here. */
const { COMPILED, PROGRAM, digestOf, toScript } = createRequire(import.meta.url)('../bin/load.cjs');
/** Pyodide's package; of its files only the interpreter and its library are used. */
const PYODIDE = 'node_modules/pyodide';
const PYTHON = [
  [PYODIDE, 'pyodide.asm.wasm'],
  [PYODIDE, 'python_stdlib.zip'],
  ['src/sandbox/python', 'bootstrap.py'],
  ['src/sandbox/python', 'system.py'],
  ['src/sandbox/python', 'vnes.py'],
];
const JCO = path.join(ROOT, 'node_modules/@bytecodealliance/jco-transpile/vendor');

/** Commands that start inside the hot file. */
const HOT = /\/src\/cli\/commands\/verify\.ts$/;
/** Compilers belong to the capsules that need them, and are resolved from there at run time. */
const EXTERNAL = ['assemblyscript', 'assemblyscript/*', '@bytecodealliance/componentize-js'];
/** Never part of the package: together they are larger than all the rest. */
const FORBIDDEN =
  /node_modules\/(binaryen|oxc-minify|@bytecodealliance\/(componentize-js|wizer)|assemblyscript)\//;

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  minify: true,
  legalComments: 'none',
  external: EXTERNAL,
  metafile: true,
  logLevel: 'warning',
};

generate();
rmSync(STAGE, { recursive: true, force: true });
mkdirSync(STAGE, { recursive: true });
const lazy = new Map();
const built = [await buildHot(), await buildLazy(), await buildAgent()];
const [hot, ...others] = built.map(result => Object.keys(result.metafile.inputs).sort());
noteHotModules(hot);
routeImports();
writeCompiled();
copyAssets();
writeLicences([...hot, ...others.flat(), `${PYODIDE}/package.json`]);
refuseForbidden([...hot, ...others.flat()]);
rmSync(DIST, { recursive: true, force: true });
renameSync(STAGE, DIST);
report();

/** The validators, in a process of their own because the script writes as soon as it is loaded. */
function generate() {
  const { status } = spawnSync(process.execPath, [path.join(ROOT, 'scripts/generate.js')], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('scripts/generate.js failed');
}

function buildHot() {
  return build({
    ...COMMON,
    entryPoints: { vnes: 'src/cli/program.ts' },
    format: 'cjs',
    outdir: STAGE,
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.dirname': '__dirname' },
    plugins: [{ name: 'lazy', setup: pluginOfLazyImports }],
  });
}

/** Leaves `import()` of anything but the hot commands to the second step, and notes it. */
function pluginOfLazyImports({ onResolve, resolve }) {
  onResolve({ filter: /.*/ }, async args => {
    if (args.kind !== 'dynamic-import' || args.pluginData === lazy || args.path.startsWith('node:'))
      return undefined;
    const found = await resolve(args.path, {
      kind: args.kind,
      resolveDir: args.resolveDir,
      importer: args.importer,
      pluginData: lazy,
    });
    if (found.errors.length > 0 || found.external || HOT.test(found.path)) return found;
    const name = entryName(args.path, found.path);
    lazy.set(name, found.path);
    return { path: `./${name}.js`, external: true };
  });
}

/** `commands/run.ts` becomes `commands-run`; a package keeps its name. */
function entryName(asked, file) {
  const inside = path.relative(path.join(ROOT, 'src'), file);
  const name = inside.startsWith('..') ? asked : inside.replace(/\.ts$/, '').replace(/^cli\//, '');
  return name.replace(/^@/, '').replace(/\W+/g, '-');
}

function buildLazy() {
  return build({
    ...COMMON,
    entryPoints: Object.fromEntries([...lazy].sort()),
    format: 'esm',
    splitting: true,
    outdir: STAGE,
    chunkNames: 'chunk-[hash]',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [
      { name: 'closed-wasi', setup: pluginOfClosedWasi },
      { name: 'no-devtools', setup: pluginOfNoDevtools },
    ],
    // What is CommonJS inside asks for Node's modules by `require`.
    banner: {
      js: "import{createRequire as vnesRequire}from'node:module';const require=vnesRequire(import.meta.url);",
    },
  });
}

/**
 * jco is WebAssembly itself and wants a WASI. Its Node flavour starts a thread from a file of its own and opens files; the
 * one for browsers has neither, and translating needs neither.
 */
function pluginOfClosedWasi({ onResolve, resolve }) {
  onResolve({ filter: /^@bytecodealliance\/preview2-shim\// }, async args => {
    if (args.pluginData === JCO) return undefined;
    const { kind, resolveDir, importer } = args;
    const found = await resolve(args.path, { kind, resolveDir, importer, pluginData: JCO });
    return { ...found, path: found.path.replace(/([/\\]dist[/\\])nodejs([/\\])/, '$1browser$2') };
  });
}

/** What ink loads when `DEV` is set would connect to a server, and is no part of the package. */
function pluginOfNoDevtools({ onLoad }) {
  onLoad({ filter: /[/\\]ink[/\\]build[/\\]devtools\.js$/ }, () => ({ contents: '' }));
}

/** Runs inside the sandbox, where it may read no other file of vnes. */
function buildAgent() {
  return build({
    ...COMMON,
    entryPoints: { agent: 'src/sandbox/agent/main.ts' },
    format: 'esm',
    outdir: STAGE,
  });
}

/** Makes every `import()` of the hot file one of bin/load.cjs: a script, which the file is when it is loaded compiled, has none. */
function routeImports() {
  const file = path.join(STAGE, path.basename(PROGRAM));
  const text = readFileSync(file, 'utf8').replace(
    /(?<![\w.])import(?=\("(?:\.\/|node:)[\w/-]+(?:\.js)?"\))/g,
    'module.import',
  );
  const left = text.match(/(?<![\w.])import\([^)]*\)?/g) ?? [];
  if (left.length > 0) throw new Error(`the hot file imports in another way: ${left.join(' ')}`);
  writeFileSync(file, `'use strict';module.import??=name=>import(name);${text}`);
}

/** The hot file as this Node.js has compiled it, every function of it, and whose compilation it is. */
function writeCompiled() {
  const source = readFileSync(path.join(STAGE, path.basename(PROGRAM)));
  v8.setFlagsFromString('--no-lazy');
  const script = toScript(source);
  v8.setFlagsFromString('--lazy');
  const compiled = Buffer.concat([Buffer.from(digestOf(source)), script.createCachedData()]);
  writeFileSync(path.join(STAGE, path.basename(COMPILED)), compiled);
}

/** What the modules look for beside themselves. */
function copyAssets() {
  for (const file of readdirSync(JCO)) {
    if (file.endsWith('.wasm')) copyFileSync(path.join(JCO, file), path.join(STAGE, file));
  }
  cpSync(path.join(ROOT, 'src/sandbox/wasm/vnes.wit'), path.join(STAGE, 'vnes.wit'));
  for (const [folder, file] of PYTHON) copyFileSync(path.join(ROOT, folder, file), path.join(STAGE, file));
}

/** The licences of what is bundled ask to travel with it. */
function writeLicences(files) {
  const folders = files.flatMap(file => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []);
  const notices = [...new Set(folders)].sort().map(folder => {
    const { name, version, license } = JSON.parse(
      readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8'),
    );
    const text = readFileSync(path.join(ROOT, licenceOf(folder, name)), 'utf8').trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  writeFileSync(path.join(STAGE, 'LICENCES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
}

/** A package's own file; for one that brings none, the text kept for it. */
function licenceOf(folder, name) {
  const file = readdirSync(path.join(ROOT, folder)).find(each => /^licen[cs]e/i.test(each));
  return file ? path.join(folder, file) : `scripts/licences/${name}.txt`;
}

/** Which modules every start pays for; a test looks at the list. */
function noteHotModules(modules) {
  writeFileSync(path.join(STAGE, 'hot-modules.json'), `${JSON.stringify(modules, undefined, 1)}\n`);
}

function refuseForbidden(files) {
  const found = files.filter(file => FORBIDDEN.test(file));
  if (found.length > 0)
    throw new Error(`these must not be part of the package: ${found.slice(0, 5).join(', ')}`);
}

function report() {
  const files = readdirSync(DIST);
  const total = files.reduce((sum, file) => sum + statSync(path.join(DIST, file)).size, 0);
  const start = statSync(path.join(DIST, 'vnes.cjs')).size;
  process.stdout.write(
    `dist: ${files.length} files, ${kilobytes(total)}, of which hot ${kilobytes(start)}\n`,
  );
}

function kilobytes(bytes) {
  return `${Math.ceil(bytes / 1024)} KB`;
}
