import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { position } from '../../base/locate.ts';
import type { BuildJob, Built } from './job.ts';
import { findTool } from './toolchain.ts';
import { capsuleWit } from './wit.ts';

const COMPILER = { name: '@bytecodealliance/componentize-js', entry: 'src/componentize.js' };

/** Nothing of WASI: without them the component imports `vnes:capsule/*` and nothing else. */
const DISABLED = ['stdio', 'random', 'clocks', 'http', 'fetch-event'];

/** The SDK's exports; they import the author's `main.js`. */
const ENTRY = 'impl/src/abi.js';

const COMPONENT = 'capsule.wasm';

/**
 * Runs in a child: the compiler mangles paths unless it is started in the folder of the sources, prints as it likes and takes
 * some 700 MB. Its own error message is all that it says on standard error.
 */
const PROGRAM = `
  const [, url, witPath, sourcePath, target, features] = process.argv;
  const { componentize } = await import(url);
  const { writeFileSync } = await import('node:fs');
  const disableFeatures = features.split(',');
  try {
    const built = await componentize({ sourcePath, witPath, worldName: 'capsule', disableFeatures, env: false });
    writeFileSync(target, built.component);
  } catch (error) {
    process.stderr.write(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
`;

/**
 * Compiles JavaScript to a component with a whole engine inside (SpiderMonkey, some 12 MB). The engine's heap is part of the
 * artifact and differs from build to build: receipts cover the artifact, and a second build proves nothing.
 */
export async function buildJavaScript(job: BuildJob): Promise<Built> {
  const { tool, version, url } = findTool(COMPILER, job.folder, job.shownAs);
  const work = mkdtempSync(join(tmpdir(), 'vnes-build-'));
  try {
    writeSources(job, work);
    const failure = await compile(url, work);
    if (failure !== undefined) refuse(job, failure);
    const output = readFileSync(join(work, COMPONENT));
    return {
      steps: [{ step: 'componentize', tool, output }],
      toolchain: [{ tool, version }],
      reproducible: false,
      warnings: [],
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Resolves to the compiler's complaint, or to undefined when it has none. */
function compile(url: string, work: string): Promise<string | undefined> {
  const flags = ['--input-type=module', '--eval', PROGRAM];
  const args = [url, capsuleWit().path, join(work, ENTRY), join(work, COMPONENT), DISABLED.join(',')];
  const env = { TMPDIR: work, TEMP: work, TMP: work };
  return new Promise(done => {
    execFile(process.execPath, [...flags, ...args], { cwd: work, env }, (error, _out, complaint) => {
      done(error ? complaint || error.message : undefined);
    });
  });
}

/** The compiler sees the sources that `input_hash` covers, in a folder that holds nothing else. */
function writeSources(job: BuildJob, work: string): void {
  for (const [path, bytes] of job.sources) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), bytes);
  }
}

/** `main.js:3:7 SyntaxError: ...`, as the engine prints it, below the folder of the entry or of the whole build. */
const LOCATED = /^\s*@?(\S+?\.js):(\d+):(\d+)\s+(\S*Error:? .*)$/m;
const UNLOCATED = /^.*?(\w*Error: .*)$/m;

function refuse(job: BuildJob, message: string): never {
  const [, file = '', line, column, located] = LOCATED.exec(message) ?? [];
  const path = `impl/src/${file.replace(/^.*impl\/src\//, '')}`;
  const source = job.sources.get(path);
  if (source !== undefined) {
    const text = Buffer.from(source).toString('utf8');
    const at = position(text, offsetOf(text, Number(line), Number(column)));
    fail('VNES5402', located!.replace(/:$/, ''), { place: { file: `${job.shownAs}/${path}`, ...at } });
  }
  return fail('VNES5403', 'the JavaScript compiler failed', {
    place: { file: `${job.shownAs}/impl/src/main.js` },
    expected: 'ES modules that load without calling the host',
    found: UNLOCATED.exec(message)?.[1] ?? message.split('\n')[0],
  });
}

function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
}
