import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import type { JsonValue } from '../../src/base/json.ts';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = join(ROOT, 'src/cli/entry.ts');
const BUILD = join(ROOT, 'bin/vnes.js');

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array | undefined;
  /** Runs the build (bin/vnes.js and dist/) instead of the sources. */
  readonly built?: boolean;
  /** Runs this instead. */
  readonly program?: Program;
  /** The user to run as; only root may choose one. */
  readonly uid?: number;
  /** A file that standard output goes to; by default it is returned. */
  readonly stdout?: string;
}

/** A copy of Node.js and of the build, where others may read them. */
export interface Program {
  readonly node: string;
  readonly script: string;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The JSON document of `--json`. */
export interface CliReport {
  readonly schemaVersion: 1;
  readonly command: string | null;
  readonly ok: boolean;
  readonly exitCode: number;
  readonly data: JsonValue;
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs the real CLI in a process of its own, with nothing of this environment but the path and a home folder. */
export function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const target = options.stdout === undefined ? 'pipe' : openSync(options.stdout, 'w');
  return new Promise((resolve, reject) => {
    const { node = process.execPath, script = options.built ? BUILD : SOURCES } = options.program ?? {};
    const child = spawn(node, [script, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { PATH: process.env.PATH, HOME: options.cwd ?? tmpdir(), ...options.env },
      stdio: ['pipe', target, 'pipe'],
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', chunk => out.push(chunk));
    child.stderr?.on('data', chunk => err.push(chunk));
    child.on('error', reject);
    child.on('close', status => {
      if (typeof target === 'number') closeSync(target);
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** Runs with `--json`, and checks that standard output is one document that agrees with the exit status. */
export async function runJson(args: readonly string[], options: RunOptions = {}): Promise<CliReport> {
  const { status, stdout, stderr } = await runCli(['--json', ...args], options);
  const lines = stdout.split('\n');
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one line of JSON: ${stdout}\n${stderr}`);
  const report = JSON.parse(stdout) as CliReport;
  if (report.exitCode !== status) throw new Error(`status ${status}, but exitCode ${report.exitCode}`);
  return report;
}
