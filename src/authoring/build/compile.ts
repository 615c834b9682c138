import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Diagnostic, diagnose, Failure, fail, type Place } from '../../base/diagnostic.ts';
import { position } from '../../base/locate.ts';
import type { BuildJob } from './job.ts';
import { type Environment, environmentOf, type FoundProgram } from './program.ts';

const MOST_SHOWN = 20;
const MOST_PRINTED = 4 * 1024 * 1024;

/** `impl/src/main.c:3:7: error: ...`, as clang, gcc and rustc in its short form print it. */
const LOCATED = /^(impl\/src\/[^:\n]+):(\d+):(\d+): (?:fatal )?(error|warning)(?:\[\w+\])?: (.*)$/;

/** One run of a compiler. */
export interface Compilation {
  readonly program: FoundProgram;
  /** Paths in it are relative to a folder that holds `impl/src/` and nothing else. */
  readonly args: readonly string[];
  /** What it writes. */
  readonly output: string;
}

export interface Compiled {
  readonly bytes: Uint8Array;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Runs a compiler of the system over the sources that `input_hash` covers, in a folder that holds nothing else.
 * @throws Failure VNES5402 with all that it found in the sources, or VNES5403 with what it says else
 */
export async function compile(job: BuildJob, { program, args, output }: Compilation): Promise<Compiled> {
  const work = mkdtempSync(join(tmpdir(), 'vnes-build-'));
  try {
    for (const [path, bytes] of job.sources) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), bytes);
    }
    const { ok, said } = await run(program.path, args, work, environmentOf(job.machine));
    const found = located(job, said.replaceAll(`${work}/`, ''));
    if (!ok) refuse(job, program, found, said.replaceAll(`${work}/`, ''));
    const warnings = found.map(diagnostic => ({ ...diagnostic, severity: 'warning' as const }));
    return { bytes: readFileSync(join(work, output)), warnings };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Environment,
): Promise<{ readonly ok: boolean; readonly said: string }> {
  const env = { ...environment, TMPDIR: cwd };
  return new Promise(done => {
    execFile(program, args, { cwd, env, maxBuffer: MOST_PRINTED }, (error, out, complaint) => {
      done({ ok: error === null, said: `${complaint}${out}` || (error?.message ?? '') });
    });
  });
}

/** What a compiler says about places in the sources: its errors, or its warnings when there are none. */
function located(job: BuildJob, said: string): Diagnostic[] {
  const rows = said.split('\n').flatMap(line => [LOCATED.exec(line) ?? []].filter(row => row.length > 0));
  const errors = rows.filter(([, , , , kind]) => kind === 'error');
  const shown = (errors.length > 0 ? errors : rows).slice(0, MOST_SHOWN);
  return shown.map(([, path = '', line, column, , message = '']) =>
    diagnose('VNES5402', message, { place: placeOf(job, path, Number(line), Number(column)) }),
  );
}

function placeOf(job: BuildJob, path: string, line: number, column: number): Place {
  const file = `${job.shownAs}/${path}`;
  const text = Buffer.from(job.sources.get(path) ?? []).toString('utf8');
  const before = text.split('\n').slice(0, line - 1);
  const offset = before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  return text === '' ? { file, line, column } : { file, ...position(text, offset) };
}

function refuse(job: BuildJob, { tool }: FoundProgram, found: readonly Diagnostic[], said: string): never {
  const [first, ...more] = found;
  if (first) throw new Failure(first, ...more);
  const line = said.split('\n').find(text => /error|undefined/i.test(text)) ?? said.split('\n')[0] ?? '';
  return fail('VNES5403', `${tool} failed`, {
    place: { file: `${job.shownAs}/impl/src` },
    expected: 'sources that compile and link by themselves',
    found: line.slice(0, 300),
  });
}
