import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { position } from '../../base/locate.ts';
import type { BuildJob, Built } from './job.ts';
import { loadTool } from './toolchain.ts';
import { capsuleWit } from './wit.ts';

const COMPILER = { name: '@bytecodealliance/componentize-js', entry: 'src/componentize.js' };

/** Nothing of WASI: without them the component imports `vnes:capsule/*` and nothing else. */
const DISABLED = ['stdio', 'random', 'clocks', 'http', 'fetch-event'];

/** The SDK's exports; they import the author's `main.js`. */
const ENTRY = 'impl/src/abi.js';

/** What of the compiler's API is used (componentize-js 0.23). */
interface Componentize {
  componentize(options: {
    sourcePath: string;
    witPath: string;
    worldName: string;
    disableFeatures: string[];
    env: boolean;
  }): Promise<{ component: Uint8Array }>;
}

/**
 * Compiles JavaScript to a component with a whole engine inside (SpiderMonkey, some 12 MB). The engine's heap is part of the
 * artifact and differs from build to build: receipts cover the artifact, and a second build proves nothing.
 */
export async function buildJavaScript(job: BuildJob): Promise<Built> {
  const compiler = await loadTool<Componentize>(COMPILER, job.folder, job.shownAs);
  const work = mkdtempSync(join(tmpdir(), 'vnes-build-'));
  try {
    writeSources(job, work);
    const { component } = await compiler.module.componentize({
      sourcePath: join(work, ENTRY),
      witPath: capsuleWit().path,
      worldName: 'capsule',
      disableFeatures: DISABLED,
      env: false,
    });
    return {
      steps: [{ step: 'componentize', tool: compiler.tool, output: component }],
      toolchain: [{ tool: compiler.tool, version: compiler.version }],
      reproducible: false,
      warnings: [],
    };
  } catch (error) {
    return refuse(job, error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The compiler sees the sources that `input_hash` covers, in a folder that holds nothing else. */
function writeSources(job: BuildJob, work: string): void {
  for (const [path, bytes] of job.sources) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), bytes);
  }
}

/** `impl/src/main.js:3:7 SyntaxError: ...`, as the engine prints it. */
const LOCATED = /^\s*@?(?:\S*\/)?(impl\/src\/[^\s:]+):(\d+):(\d+)\s+(\S*Error:? .*)$/m;
const UNLOCATED = /^.*?(\w*Error: .*)$/m;

function refuse(job: BuildJob, message: string): never {
  const [, path, line, column, located] = LOCATED.exec(message) ?? [];
  if (path !== undefined) {
    const text = Buffer.from(job.sources.get(path) ?? []).toString('utf8');
    const at = position(text, offsetOf(text, Number(line), Number(column)));
    fail('VNES5402', located!.replace(/:$/, ''), { place: { file: `${job.shownAs}/${path}`, ...at } });
  }
  return fail('VNES5403', 'the JavaScript compiler failed', {
    place: { file: `${job.shownAs}/impl/src/main.js` },
    expected: 'an ES module that exports init, handle and serve',
    found: UNLOCATED.exec(message)?.[1] ?? message.split('\n')[0],
  });
}

function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
}
