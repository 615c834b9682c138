import { basename, dirname, join, relative } from 'node:path';
import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose, Failure, fail } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import { errorCode } from '../base/system-error.ts';
import { RESULT_FILES } from '../kernel/results.ts';
import { type ArchiveEntry, giveName, pack, unpack, writePieces } from '../store/archive.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { quietly } from '../store/files.ts';
import { buildIndex } from '../store/index.ts';
import { readJournal } from '../store/read.ts';
import { guarded } from '../store/refusal.ts';
import { type Check, fsck } from './fsck.ts';
import { bytesEntry, layerEntries } from './layers.ts';

/**
 * Writes a sound and sealed recording as one file. Equal journals with reports of one version give equal bytes: nothing of the time,
 * the machine or the index is in it.
 * @throws Failure with all that {@link fsck} finds; VNES1012 when the file cannot be written.
 */
export async function exportRecording(dir: string, file: string, disk: Disk = nodeDisk): Promise<Check> {
  const check = await sound(dir, disk);
  writing(file, () => writePieces(disk, file, pack(entriesOf(dir, check, disk))));
  return check;
}

/** Writes the events of a sound recording, one canonical JSON object a line, as `vnes bus log` prints them. @throws as above */
export async function exportEvents(dir: string, file: string): Promise<Check> {
  const check = await sound(dir, nodeDisk);
  writing(file, () => writePieces(nodeDisk, file, eventLines(dir)));
  return check;
}

/** Writes the index of a sound recording as an SQLite database of its own. @throws as above */
export async function exportDatabase(dir: string, file: string): Promise<Check> {
  const check = await sound(dir, nodeDisk);
  const partial = `${file}.partial`;
  try {
    writing(file, () => {
      nodeDisk.remove(partial);
      nodeDisk.close(nodeDisk.create(partial));
    });
    await buildIndex(dir, partial);
    writing(file, () => giveName(nodeDisk, partial, file));
  } finally {
    quietly(() => nodeDisk.remove(partial));
  }
  return check;
}

/**
 * Makes the recording that an archive holds in the new or empty folder `dir`, after a check of every byte. It appears as a whole:
 * the files are made in a folder beside it, which gets its name in the end.
 * @throws Failure VNES1010 when the file cannot be read, VNES8020 when it holds no sound recording, with all that is wrong with it,
 * VNES8005 and VNES8006 when the folder cannot be written or is taken.
 */
export async function importRecording(file: string, dir: string, disk: Disk = nodeDisk): Promise<Check> {
  const aside = join(dirname(dir), `.${basename(dir)}.${process.pid}.partial`);
  readable(file, disk);
  try {
    const taken = guarded(dir, () => {
      disk.remove(aside);
      return unpack(disk, file, aside);
    });
    const check = await checked(aside, file, disk);
    refuseMore(
      file,
      taken,
      guarded(dir, () => entriesOf(aside, check, disk)),
    );
    guarded(dir, () => {
      disk.rename(aside, dir);
      disk.syncFolder(dirname(dir));
    });
    return check;
  } catch (error) {
    quietly(() => disk.remove(aside));
    throw error;
  }
}

/** The check of a recording that may leave the house. */
async function sound(dir: string, disk: Disk): Promise<Check> {
  const check = await fsck(dir, disk);
  const [first, ...more] = check.diagnostics.filter(({ severity }) => severity === 'error');
  if (first) throw new Failure(first, ...more);
  return check;
}

/** The check of what an archive held, where a warning counts as well: nobody exports files that are no part of a recording. */
async function checked(aside: string, file: string, disk: Disk): Promise<Check> {
  const check = await problemsIn(() => fsck(aside, disk));
  const problems = 'diagnostics' in check ? check.diagnostics : check;
  if (!('diagnostics' in check) || problems.length > 0) throw refusal(problems, aside, file);
  return check;
}

/** An archive holds what an export of what it holds would have, and nothing that no journal names. @throws Failure VNES8020 */
function refuseMore(file: string, taken: readonly string[], expected: readonly ArchiveEntry[]): void {
  const names = expected.map(({ name, size }) => `${name} with ${size} bytes`);
  const index = taken.findIndex((name, at) => name !== names[at]);
  if (index < 0) return;
  fail('VNES8020', 'the archive holds more than a recording', {
    place: { file },
    expected: names[index] ?? 'its end',
    found: taken[index]!,
    help: 'take the file from where it was exported again',
  });
}

async function problemsIn<T>(action: () => Promise<T>): Promise<T | readonly Diagnostic[]> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics;
  }
}

function refusal(problems: readonly Diagnostic[], aside: string, file: string): Failure {
  const first = diagnose('VNES8020', 'the archive does not hold a sound recording', {
    place: { file },
    expected: 'a recording as `vnes export` writes it',
    found: `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
    help: 'take the file from where it was exported again',
  });
  const within = problems.map(problem => ({
    ...problem,
    place: { file: `${file}: ${relative(aside, problem.place?.file ?? aside)}` },
  }));
  return new Failure(first, ...within);
}

/** The files of a recording. What the journal names is read through it, so nothing else can get in. */
function entriesOf(dir: string, { results }: Check, disk: Disk): ArchiveEntry[] {
  const beside = RESULT_FILES.flatMap(name =>
    results ? [bytesEntry(name, Buffer.from(results[name]))] : [],
  );
  return [...layerEntries(dir, disk), ...beside].sort((a, b) => compareCodeUnits(a.name, b.name));
}

function* eventLines(dir: string): Generator<Uint8Array, void> {
  for (const { record } of readJournal(dir)) {
    if (record.type !== 'frame') continue;
    const events = [...record.ingress, ...record.published];
    const lines = events.map(({ id: _, ...event }) =>
      canonicalJson({ ...event, frame: record.frame } as unknown as JsonValue),
    );
    yield Buffer.from(lines.map(line => `${line}\n`).join(''));
  }
}

/** Turns what the file system says about the exported file into a diagnostic. @throws Failure VNES1012 */
function writing(file: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    const found = errorCode(error);
    if (found === undefined) throw error;
    fail('VNES1012', 'the file cannot be written', {
      place: { file },
      expected: 'a file in a folder that can be written',
      found,
    });
  }
}

/** @throws Failure VNES1010 */
function readable(file: string, disk: Disk): void {
  try {
    disk.close(disk.open(file));
  } catch (error) {
    const found = errorCode(error);
    if (found === undefined) throw error;
    fail('VNES1010', 'the file cannot be read', { place: { file }, expected: 'a readable file', found });
  }
}
