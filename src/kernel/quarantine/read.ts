import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, Failure, fail } from '../../base/diagnostic.ts';
import { sha256 } from '../../base/digest.ts';
import { parseJson } from '../../base/json.ts';
import { LIMITS } from '../../base/limits.ts';
import { compareBy, compareUtf8 } from '../../base/order.ts';
import { errorCode } from '../../base/system-error.ts';
import { treeDigest } from '../../capsule/tree.ts';
import { readPlain } from '../../store/files.ts';
import type { CapsuleRecord, Entry } from './model.ts';
import { entryProblem } from './shape.ts';

/** The folder of kept bytes, beside those of the records. */
export const OBJECTS = 'objects';
const RECORD = /^[0-9a-f]{24}$/;
const ENTRY = /^[0-9]{8}\.json$/;
/** What a process that was stopped may leave behind; never a record. */
const PARTIAL = /\.partial$/;

/** The name of a record's folder: one for each place, whatever the capsule there calls itself. */
export function recordName(folder: string): string {
  return sha256(folder).slice('sha256:'.length, 'sha256:'.length + 24);
}

/** The file of an entry, counted from 1. */
export function entryName(number: number): string {
  return `${String(number).padStart(8, '0')}.json`;
}

/** What a quarantine holds. One damaged record hides no other. */
export interface Listing {
  /** Ordered by name and folder. */
  readonly records: readonly CapsuleRecord[];
  readonly problems: readonly Diagnostic[];
}

/** Every record in `dir`; nothing when there is none. */
export function listRecords(dir: string): Listing {
  const records: CapsuleRecord[] = [];
  const problems: Diagnostic[] = [];
  for (const name of collect(problems, () => namesIn(dir)) ?? []) {
    if (name === OBJECTS) continue;
    const record = collect(problems, () =>
      RECORD.test(name) ? readRecord(dir, name) : foreign(join(dir, name)),
    );
    if (record) records.push(record);
  }
  const order = compareBy<CapsuleRecord>(
    (a, b) => compareUtf8(a.now.name, b.now.name),
    (a, b) => compareUtf8(a.now.folder, b.now.folder),
  );
  return { records: records.sort(order), problems };
}

function collect<T>(problems: Diagnostic[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    problems.push(...error.diagnostics);
    return undefined;
  }
}

/** One record by the name of its folder; undefined when there is none. @throws Failure VNES3104 */
export function readRecord(dir: string, name: string): CapsuleRecord | undefined {
  const folder = join(dir, name);
  const files = namesIn(folder).filter(file => !PARTIAL.test(file));
  const entries = files.map((file, index) => {
    const path = join(folder, file);
    if (!ENTRY.test(file)) return foreign(path);
    if (file !== entryName(index + 1)) damaged(folder, `${file}, and no ${entryName(index + 1)} before it`);
    return readEntry(path, name);
  });
  const now = entries.at(-1);
  if (!now) return undefined;
  return { entries: entries as [Entry, ...Entry[]], now, lastAdmitted: admittedBefore(entries, now) };
}

/** What the capsule was when it was last admitted, before what it is now. */
function admittedBefore(entries: readonly Entry[], now: Entry): Entry | undefined {
  const same = ({ verdict }: Entry) => now.verdict.admitted && verdict.tree === now.verdict.tree;
  return entries.findLast(entry => entry.verdict.admitted && entry !== now && !same(entry));
}

function readEntry(path: string, name: string): Entry {
  const value = readValue(path);
  const problem = entryProblem(value);
  if (problem !== undefined) damaged(path, problem);
  const entry = value as unknown as Entry;
  if (recordName(entry.folder) !== name) damaged(path, 'a record of another folder');
  const { verdict, content } = entry;
  return treeDigest(content.files) === verdict.tree
    ? entry
    : damaged(path, 'files that do not give its tree');
}

function readValue(path: string) {
  try {
    return parseJson(readPlain(path), { file: path, maxBytes: LIMITS.quarantineRecordBytes });
  } catch (error) {
    if (error instanceof Failure) return damaged(path, error.message);
    return damaged(path, errorCode(error) ?? 'an unknown error');
  }
}

/** Names in a folder, in the order of their bytes; none when it does not exist. */
function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort(compareUtf8);
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' ? [] : damaged(dir, code ?? 'an unknown error');
  }
}

function foreign(path: string): never {
  return damaged(path, 'what no run puts here');
}

function damaged(path: string, found: string): never {
  return fail('VNES3104', 'the quarantine cannot be read', {
    place: { file: path },
    expected: 'records of schemaVersion 2',
    found,
    help: 'move it out of the quarantine and run the capsules again; what it held is lost to the history',
  });
}
