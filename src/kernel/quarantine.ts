import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, fail } from '../base/diagnostic.ts';
import { sha256 } from '../base/digest.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import { compareUtf8 } from '../base/order.ts';
import { toRfc3339 } from '../base/ports.ts';
import { makeFolder, writeAtomically } from '../base/write-file.ts';
import type { Verdict } from '../trust/verdict.ts';
import { nameOf } from './boot.ts';
import { quarantineProblem } from './quarantine-shape.ts';

/** Why a capsule may not run: the proof of its admission, kept until the capsule passes. */
export interface QuarantineRecord {
  readonly schemaVersion: 1;
  /** `id@version`, or the folder of a capsule that does not say who it is. */
  readonly name: string;
  /** RFC 3339, when a run first refused it with the content that it has. */
  readonly since: string;
  readonly verdict: Verdict;
}

/**
 * Brings the quarantine in `dir` up to date with new verdicts: refused capsules enter it, capsules from the same folder that
 * pass now leave it.
 * @throws Failure VNES1012 when the folder cannot be written.
 */
export function updateQuarantine(dir: string, verdicts: readonly Verdict[], now: number): void {
  for (const verdict of verdicts) {
    const path = join(dir, fileOf(verdict.folder));
    if (verdict.admitted) leave(path);
    else enter(path, verdict, now);
  }
}

/** All records, ordered by name. @throws Failure VNES3104 when one of them, or the folder, cannot be read. */
export function listQuarantine(dir: string): QuarantineRecord[] {
  return namesIn(dir)
    .filter(name => name.endsWith('.json'))
    .map(name => readRecord(join(dir, name)))
    .sort((a, b) => compareUtf8(a.name, b.name));
}

function enter(path: string, verdict: Verdict, now: number): void {
  makeFolder(dirname(path));
  const record: QuarantineRecord = {
    schemaVersion: 1,
    name: nameOf(verdict),
    since: sinceWhen(path, verdict) ?? toRfc3339(now),
    verdict,
  };
  writeAtomically(path, `${JSON.stringify(record, null, 2)}\n`);
}

/** When the same content was refused before; a record that cannot be read is replaced. */
function sinceWhen(path: string, verdict: Verdict): string | undefined {
  try {
    const before = readRecord(path);
    return before.verdict.tree === verdict.tree ? before.since : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function leave(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    fail('VNES1012', 'a record cannot be taken out of the quarantine', {
      place: { file: path },
      found: codeOf(error),
    });
  }
}

/** One record a folder, whatever the capsule in it calls itself. */
function fileOf(folder: string): string {
  return `${sha256(folder).slice('sha256:'.length, 'sha256:'.length + 24)}.json`;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? [] : unreadable(dir, codeOf(error));
  }
}

function readRecord(path: string): QuarantineRecord {
  const value = readJson(path);
  const problem = quarantineProblem(value);
  return problem === undefined ? (value as unknown as QuarantineRecord) : unreadable(path, problem);
}

function readJson(path: string): JsonValue {
  try {
    return parseJson(readFileSync(path), { file: path });
  } catch (error) {
    return unreadable(path, error instanceof Failure ? error.message : codeOf(error));
  }
}

function unreadable(path: string, found: string): never {
  return fail('VNES3104', 'the quarantine cannot be read', {
    place: { file: path },
    expected: 'records of schemaVersion 1',
    found,
    help: 'delete the file and run the capsules again: what is refused enters the quarantine anew',
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
}
