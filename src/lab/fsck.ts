import { type Diagnostic, Failure, fail } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { bind, type LoadedCapsule, type Network } from '../kernel/binding.ts';
import { type Invariants, prepareInvariants, recordedInvariants } from '../kernel/invariants/prepare.ts';
import { recordedGrades } from '../kernel/quarantine/grades.ts';
import { readCapsules } from '../kernel/recording.ts';
import { runReport } from '../kernel/report.ts';
import { REPORT_VERSION, REPORT_VERSIONS } from '../kernel/report-version.ts';
import { type Results, resultsOf, statedVersion } from '../kernel/results.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { behaviourIn } from '../store/flags.ts';
import { getObject } from '../store/objects.ts';
import { headersOf, type PlacedHeader } from '../store/read.ts';
import type { HeaderRecord } from '../store/record.ts';
import { journalFolder } from '../store/segments.ts';
import { type Provable, type Survey, surveyJournal } from '../store/survey.ts';
import { Fold } from './fold.ts';
import { besideProblems, falseIndex, findingProblem, rootProblems, unsealed } from './fsck-problems.ts';
import { heldResults } from './fsck-results.ts';

/** What a check of a recording found. */
export interface Check extends Survey {
  /** Objects that the header names. */
  readonly objects: ReadonlySet<Digest>;
  /** What the files beside the journal say; undefined where that cannot be known. */
  readonly results: Results | undefined;
  /** Nothing among them is an error exactly when the recording is whole, sealed and true. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Looks at every byte of a recording and names all that is damaged: records of the journal, objects, and files that do not follow
 * from it. Nothing is repaired or written, and nothing runs.
 * @throws Failure VNES8001 no recording, VNES8004 an unknown format or flag.
 */
export async function fsck(dir: string, disk: Disk = nodeDisk): Promise<Check> {
  const headers = soundHeaders(dir, disk);
  const own = headers.find(each => each.dir === dir);
  const objects = new Set(own ? objectsOf(own) : []);
  const broken = problemsOf(headers.flatMap(each => objectChecks(each, disk)));
  const { bound, problems } = await bindRecorded(disk, broken.length === 0 ? own : undefined);
  const fold = new Fold(bound?.network, bound?.invariants);
  const survey = surveyJournal(dir, entry => fold.take(entry, disk), disk);
  const { provable, findings } = survey;
  if (headers.length === 0 && provable.records > 0) refuseFickle(dir);
  const version = knownVersion(statedVersion(dir, disk));
  const expected = own && bound && expectedResults(own.header, bound.capsules, fold, provable, version);
  const held = expected && heldResults(dir, expected, disk);
  const diagnostics = [
    ...findings.map(finding => findingProblem(finding, provable)),
    ...(findings.length === 0 && !provable.sealed && !survey.fresh ? [unsealed(dir, provable)] : []),
    ...rootProblems(dir, fold),
    ...broken,
    ...problems,
    ...besideProblems(dir, { objects, provable, held, whole: findings.length === 0, disk }),
    ...(findings.length === 0 && broken.length === 0 ? await falseIndex(dir, provable, disk) : []),
  ];
  return { ...survey, objects, results: held?.results, diagnostics };
}

/** The headers up to the first that is not sound; the survey says what is wrong with that. */
function soundHeaders(dir: string, disk: Disk): PlacedHeader[] {
  const sound: PlacedHeader[] = [];
  try {
    for (const header of headersOf(dir, disk)) sound.push(header);
  } catch (error) {
    if (!(error instanceof Failure) || error.diagnostics[0].code !== 'VNES8003') throw error;
  }
  return sound;
}

function objectsOf({ header }: PlacedHeader): Digest[] {
  return header.capsules.flatMap(({ files }) => Object.values(files));
}

/** Of a branch, what it goes on from must be there as well, or its instances cannot be brought to where they were. */
function objectChecks(placed: PlacedHeader, disk: Disk): (() => void)[] {
  return [...new Set(objectsOf(placed))].map(digest => () => void getObject(placed.dir, digest, disk));
}

/** Without its header nothing else of a recording can be checked, and then nothing may be called sound. */
function refuseFickle(dir: string): never {
  fail('VNES8003', 'the journal could not be read at first, and then it could: its disk is failing', {
    place: { file: journalFolder(dir) },
    expected: 'the same bytes each time',
    help: 'copy the recording to another disk while it can be read',
  });
}

/** The diagnostics in which these checks end. */
function problemsOf(checks: readonly (() => void)[]): Diagnostic[] {
  return checks.flatMap(check => {
    try {
      check();
      return [];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.diagnostics;
    }
  });
}

interface Bound {
  readonly capsules: readonly LoadedCapsule[];
  readonly network: Network;
  readonly invariants: Invariants;
}

/** The recorded capsules, bound as the run had them. */
async function bindRecorded(
  disk: Disk,
  placed: PlacedHeader | undefined,
): Promise<{ bound?: Bound; problems: readonly Diagnostic[] }> {
  if (!placed) return { problems: [] };
  const { dir, header } = placed;
  try {
    const capsules = readCapsules(dir, header, disk);
    const network = await bind(capsules, behaviourIn(header.flags));
    const invariants = await prepareInvariants(capsules, recordedInvariants(dir, header));
    return { bound: { capsules, network, invariants }, problems: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { problems: error.diagnostics };
  }
}

/** What the files beside a sealed journal must say. */
function expectedResults(
  header: HeaderRecord,
  capsules: readonly LoadedCapsule[],
  fold: Fold,
  { sealed, head }: Provable,
  version: number,
): Results | undefined {
  const { seal, tally, outputs, invariants, boot } = fold;
  if (!seal || !sealed) return undefined;
  const settings = { seed: header.seed, epoch: header.epoch, zone: header.zone };
  return resultsOf(
    outputs,
    runReport(settings, capsules, { seal, head, tally, outputs, invariants }, recordedGrades(boot)),
    version,
  );
}

/** The version to hold the files to: the one that they state, or what is written now. */
function knownVersion(stated: number | undefined): number {
  return REPORT_VERSIONS.find(version => version === stated) ?? REPORT_VERSION;
}
