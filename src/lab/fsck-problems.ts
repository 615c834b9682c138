import { dirname, join } from 'node:path';
import { type Diagnostic, diagnose, fail, warn } from '../base/diagnostic.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import { compareCodeUnits } from '../base/order.ts';
import { errorCode } from '../base/system-error.ts';
import { REPORT_VERSIONS } from '../kernel/report-version.ts';
import { RESULT_FILES, statedVersion } from '../kernel/results.ts';
import { BASE_FILE, baseOf } from '../store/base.ts';
import { BRANCH_FILE, BRANCHES, LAYERS } from '../store/branch.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { isThere, readPlain } from '../store/files.ts';
import { contradictsJournal, INDEX_FILES, indexState } from '../store/index.ts';
import { objectPath } from '../store/objects.ts';
import { journalFolder, segmentName } from '../store/segments.ts';
import type { Finding, Provable, Range } from '../store/survey.ts';
import type { Fold } from './fold.ts';
import type { HeldResults } from './fsck-results.ts';

/** What a recording consists of. */
const ENTRIES: readonly string[] = [
  'journal',
  'objects',
  ...RESULT_FILES,
  ...INDEX_FILES,
  BRANCH_FILE,
  BRANCHES,
  LAYERS,
  'snapshots',
  BASE_FILE,
];
const AGAIN = 'take the recording from a copy, or record the run again with `vnes run`';

/** A damaged stretch of the journal: damage, or what a crash may have torn. */
export function findingProblem(finding: Finding, { records }: Provable): Diagnostic {
  const { segment, offset, end, record, problem, acknowledged } = finding;
  const bytes = end > offset + 1 ? `bytes ${offset} to ${end - 1}` : `at byte ${offset}`;
  const where = record === undefined ? bytes : `record ${record}, ${bytes}`;
  const found = [rangeText('frame', finding.frames), rangeText('event', finding.events)]
    .filter(text => text !== undefined)
    .join(' and ');
  const detail = {
    place: { file: segment },
    found: found === '' ? 'no event in it' : found,
    expected: 'the bytes that were written',
  };
  return acknowledged
    ? diagnose('VNES8003', `the recording is damaged: ${where}: ${problem}`, {
        ...detail,
        help: `the ${records} records before the first damage are proven; ${AGAIN}`,
      })
    : diagnose('VNES8009', `the end of the journal is torn: ${where}: ${problem}`, {
        ...detail,
        help: `the ${records} records before it are proven; a crash explains this, and nothing shows that more had been acknowledged`,
      });
}

function rangeText(what: string, range: Range | undefined): string | undefined {
  if (!range) return undefined;
  const [first, last] = range;
  if (last === undefined) return `${what} ${first} and what follows`;
  return first === last ? `${what} ${first}` : `${what}s ${first} to ${last}`;
}

export function unsealed(dir: string, { records, frames, events }: Provable): Diagnostic {
  return diagnose('VNES8002', 'the recording has no seal: the run did not finish, or its end was cut off', {
    place: { file: dir },
    expected: 'a seal as the last record',
    found: `${records} proven records with ${frames} frames and ${events} events, and no seal`,
    help: `read what is there: vnes bus log ${dir}; go on with the run: vnes run CAPSULES --resume ${dir} --input FILE`,
  });
}

/** The seal must state what the records before it add up to. */
export function rootProblems(dir: string, { seal, logRoot, state }: Fold): Diagnostic[] {
  if (!seal) return [];
  const actual = { logRoot, stateRoot: state.root() };
  return (['logRoot', 'stateRoot'] as const)
    .filter(root => seal[root] !== actual[root])
    .map(root =>
      diagnose(
        'VNES8003',
        `the recording is damaged: its seal states another ${root} than its records have`,
        {
          place: { file: journalFolder(dir) },
          expected: actual[root],
          found: seal[root],
          help: `whoever wrote this seal did not write these records; ${AGAIN}`,
        },
      ),
    );
}

interface Beside {
  readonly objects: ReadonlySet<Digest>;
  readonly provable: Provable;
  /** What the files beside the journal must be; undefined when that is not known. */
  readonly held: HeldResults | undefined;
  /** Whether the journal is whole, so that it can say what else belongs here. */
  readonly whole: boolean;
  readonly disk: Disk;
}

/** What is wrong with everything but the journal and the objects that it names. */
export function besideProblems(dir: string, { objects, provable, held, whole, disk }: Beside): Diagnostic[] {
  const follows = RESULT_FILES.flatMap(name =>
    resultProblem(join(dir, name), held?.digests[name], provable, disk),
  );
  if (!whole) return follows;
  const index = indexState(dir, provable.head, disk) === 'stale' ? [staleIndex(dir)] : [];
  return [...follows, ...index, ...strays(dir, objects, disk).map(stray)];
}

function resultProblem(
  path: string,
  expected: Digest | undefined,
  { sealed }: Provable,
  disk: Disk,
): Diagnostic[] {
  const there = isThere(path, disk);
  if (!sealed && there) {
    return [
      diagnose('VNES8010', 'the run had finished, but its journal has no proven seal', {
        place: { file: path },
        expected: 'a journal that ends with its seal: this file is written after it',
        found: 'a journal whose end is gone or damaged',
        help: AGAIN,
      }),
    ];
  }
  if (!sealed || expected === undefined) return [];
  if (!there) return [missingResult(path)];
  const found = digestOrCode(path, disk);
  if (found === expected) return [];
  const version = statedVersion(dirname(path), disk);
  const later = version !== undefined && !REPORT_VERSIONS.includes(version);
  return [
    diagnose('VNES8010', 'a file beside the journal does not follow from it', {
      place: { file: path },
      expected,
      found: later ? `${found}, by a report of version ${version}, which this vnes does not know` : found,
      help: 'the journal is the truth; take the file from a copy, or export and import the recording',
    }),
  ];
}

function missingResult(path: string): Diagnostic {
  return warn('VNES8010', 'a file beside the journal is missing', {
    place: { file: path },
    expected: 'the file that `vnes run` writes last',
    found: 'no such file',
    help: 'nothing is lost: it follows from the journal',
  });
}

function digestOrCode(path: string, disk: Disk): string {
  try {
    return sha256(readPlain(path, disk));
  } catch (error) {
    return errorCode(error) ?? 'a file that cannot be read';
  }
}

function staleIndex(dir: string): Diagnostic {
  return warn('VNES8011', 'the index does not show the journal', {
    place: { file: join(dir, INDEX_FILES[0]!) },
    help: 'nothing is lost: the next question to the recording builds it anew',
  });
}

/** An index is believed by every question, so it must say what the journal says. */
export async function falseIndex(dir: string, { head }: Provable, disk: Disk): Promise<Diagnostic[]> {
  if (disk !== nodeDisk || indexState(dir, head, disk) !== 'current') return [];
  if (!(await contradictsJournal(dir))) return [];
  return [
    diagnose('VNES8011', 'the index says otherwise than the journal, under a checksum that is right', {
      place: { file: join(dir, INDEX_FILES[0]!) },
      expected: 'what vnes builds from this journal',
      found: 'other rows',
      help: `vnes has not written it: remove ${INDEX_FILES.join(' and ')}, which are built anew`,
    }),
  ];
}

function stray(path: string): Diagnostic {
  return warn('VNES8012', 'this file is no part of the recording', {
    place: { file: path },
    expected: 'what the journal names, and nothing else',
    help: 'nothing reads it; a crash may have left it behind',
  });
}

/** Paths of files and folders that belong to no recording, or that this one does not name. */
function strays(dir: string, objects: ReadonlySet<Digest>, disk: Disk): string[] {
  const known = new Set([...objects].map(digest => objectPath(dir, digest)));
  const journal = journalFolder(dir);
  const here = entriesOf(dir, disk).filter(name => !ENTRIES.includes(name));
  const first = segmentName(baseOf(dir, disk)?.place.segment ?? 1);
  const inJournal = entriesOf(journal, disk).filter(name => !name.endsWith('.vnj') || name < first);
  return [
    ...here.map(name => join(dir, name)),
    ...inJournal.map(name => join(journal, name)),
    ...filesBelow(join(dir, 'objects'), disk).filter(path => !known.has(path)),
  ];
}

function filesBelow(folder: string, disk: Disk): string[] {
  return entriesOf(folder, disk)
    .map(name => join(folder, name))
    .flatMap(path => (listed(path, disk) ? filesBelow(path, disk) : [path]));
}

/** Names in a folder, in order; none where there is no folder. */
function entriesOf(folder: string, disk: Disk): string[] {
  return (listed(folder, disk) ?? []).sort(compareCodeUnits);
}

/** Names in a folder; undefined for what is none. @throws Failure VNES1010 for one that cannot be read: it might hold anything. */
function listed(folder: string, disk: Disk): string[] | undefined {
  try {
    return disk.list(folder);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === undefined) throw error;
    return fail('VNES1010', 'the folder cannot be read', {
      place: { file: folder },
      expected: 'a readable folder',
      found: code,
    });
  }
}
