import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBubblewrap } from '../../src/sandbox/confine/bubblewrap.ts';
import type { ComponentSpec } from '../../src/sandbox/contract.ts';
import { lacks } from '../authoring/compilers.ts';
import { spec } from '../sandbox/probe.ts';

/** Why tests of native programs are skipped here, or nothing. */
export const ABSENT =
  process.platform !== 'linux' || findBubblewrap() === undefined ? 'skipped: no bubblewrap' : lacks('c');

const PARTS = join(import.meta.dirname, '../../templates/parts');
const INCLUDES = ['c-header', 'c-logic'].map(part => `-I${join(PARTS, part)}`);
const SDK = ['c-frames/frames.c', 'c-logic/json.c', 'c-logic/number.c'].map(file => join(PARTS, file));

/** A C file as a program, with the SDK of the template or alone. */
export function compileC(source: string, withSdk = true): Uint8Array {
  const work = mkdtempSync(join(tmpdir(), 'vnes-native-'));
  try {
    const target = join(work, 'program');
    const sdk = withSdk ? SDK : [];
    const flags = ['-std=gnu11', '-O1', '-w', '-static', '-no-pie', '-fno-pie', ...INCLUDES, '-o', target];
    execFileSync('gcc', [...flags, source, ...sdk], { stdio: 'pipe' });
    return readFileSync(target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export function nativeSpec(bytes: Uint8Array, change: Partial<ComponentSpec> = {}): ComponentSpec {
  return spec(new Uint8Array(), { code: { language: 'native', bytes }, ...change });
}
