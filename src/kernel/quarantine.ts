import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { sha256 } from '../base/digest.ts';
import { type JsonObject, parseJson } from '../base/json.ts';
import { compareUtf8 } from '../base/order.ts';
import { toRfc3339 } from '../base/ports.ts';
import type { Verdict } from '../trust/verdict.ts';
import { nameOf } from './boot.ts';

/** Why a capsule may not run: the proof of its admission, kept until the capsule passes. */
export interface QuarantineRecord {
  readonly schemaVersion: 1;
  /** `id@version`, or the folder of a capsule that does not say who it is. */
  readonly name: string;
  /** RFC 3339, when it was refused first in this state. */
  readonly since: string;
  readonly verdict: Verdict;
}

/**
 * Brings the quarantine in `dir` up to date with new verdicts: refused capsules enter it, capsules from the same folder that
 * pass now leave it.
 */
export function updateQuarantine(dir: string, verdicts: readonly Verdict[], now: number): void {
  for (const verdict of verdicts) {
    const path = join(dir, fileOf(verdict.folder));
    if (verdict.admitted) rmSync(path, { force: true });
    else enter(path, verdict, now);
  }
}

/** All records, ordered by name. @throws Failure VNES3104 when one cannot be read. */
export function listQuarantine(dir: string): QuarantineRecord[] {
  return namesIn(dir)
    .filter(name => name.endsWith('.json'))
    .map(name => readRecord(join(dir, name)))
    .sort((a, b) => compareUtf8(a.name, b.name));
}

function enter(path: string, verdict: Verdict, now: number): void {
  mkdirSync(join(path, '..'), { recursive: true });
  const record: QuarantineRecord = {
    schemaVersion: 1,
    name: nameOf(verdict),
    since: toRfc3339(now),
    verdict,
  };
  const draft = `${path}.new`;
  writeFileSync(draft, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(draft, path);
}

/** One record a folder, whatever the capsule in it calls itself. */
function fileOf(folder: string): string {
  return `${sha256(folder).slice('sha256:'.length, 'sha256:'.length + 24)}.json`;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function readRecord(path: string): QuarantineRecord {
  const value = parseJson(readFileSync(path), { file: path }) as JsonObject | null;
  const verdict = value?.verdict as JsonObject | undefined;
  if (value?.schemaVersion !== 1 || typeof value.name !== 'string' || !Array.isArray(verdict?.checks)) {
    return fail('VNES3104', 'a quarantine record cannot be read', {
      place: { file: path },
      expected: 'a record of schemaVersion 1',
      help: 'delete the file and verify the capsule again: vnes verify',
    });
  }
  return value as unknown as QuarantineRecord;
}
