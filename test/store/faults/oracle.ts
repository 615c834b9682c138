import { canonicalJson } from '../../../src/base/canonical.ts';
import { Failure } from '../../../src/base/diagnostic.ts';
import type { JsonValue } from '../../../src/base/json.ts';
import { Fold } from '../../../src/lab/fold.ts';
import type { JournalWriter } from '../../../src/store/journal.ts';
import { getObject } from '../../../src/store/objects.ts';
import { readJournal } from '../../../src/store/read.ts';
import type { JournalRecord } from '../../../src/store/record.ts';
import { type Survey, surveyJournal } from '../../../src/store/survey.ts';
import type { Told } from '../../lab/small.ts';
import type { SimDisk } from './sim-disk.ts';

/** Where every workload records. */
export const DIR = '/runs/one';

/** What the writer said and was told: the truth that every state of the disk is held against. */
export class Ledger implements Told {
  readonly appended: string[] = [];
  acked = 0;
  appending(group: readonly JournalRecord[], _journal: JournalWriter): void {
    this.appended.push(...group.map(text));
  }

  acknowledged(group: readonly JournalRecord[]): void {
    this.acked += group.length;
  }
}

const text = (record: JournalRecord): string => canonicalJson(record as unknown as JsonValue);

/**
 * What is wrong with the disk that a reader finds, or nothing. Everything acknowledged is there once, in order; nothing is there that
 * was not written; what is served adds up to the roots of the seal; and whatever is torn is no damage. From a disk that `lies`
 * about its syncs less is asked: what is lost must be missed, and nothing false may be served.
 */
export function complaint(disk: SimDisk, { appended, acked }: Ledger, lies = false): string | undefined {
  const read: JournalRecord[] = [];
  const survey = tryTo(() => surveyJournal(DIR, ({ record }) => read.push(record), disk));
  if (survey instanceof Failure)
    return acked === 0 || lies ? undefined : `nothing can be read: ${survey.message}`;
  const stray = read.findIndex((record, index) => text(record) !== appended[index]);
  if (stray >= 0) return `record ${stray} is not what was written`;
  return (
    lost(read, survey, acked, lies) ??
    strict(disk, read.length, survey) ??
    (survey.provable.sealed ? untrueSeal(read) : undefined) ??
    (read.length > 0 && !lies ? missingObject(disk, read[0]!) : undefined)
  );
}

function lost(
  read: readonly JournalRecord[],
  { provable, findings }: Survey,
  acked: number,
  lies: boolean,
): string | undefined {
  const damage = findings.find(({ acknowledged }) => acknowledged);
  if (!lies && damage)
    return `a crash is taken for damage: ${damage.problem} at ${damage.segment} ${damage.offset}`;
  if (read.length >= acked) return undefined;
  if (!lies) return `${acked} records were acknowledged, ${read.length} are there`;
  return provable.sealed ? 'records are missing and nobody says so' : undefined;
}

/** The reader of all other commands serves the same records, and ends well exactly when nothing was found. */
function strict(disk: SimDisk, proven: number, { findings }: Survey): string | undefined {
  let served = 0;
  const outcome = tryTo(() => {
    for (const _ of readJournal(DIR, disk)) served += 1;
  });
  if (served !== proven) return `${served} records are served, ${proven} are proven`;
  return outcome instanceof Failure === findings.length > 0 ? undefined : 'reader and survey disagree';
}

function untrueSeal(read: readonly JournalRecord[]): string | undefined {
  const fold = new Fold();
  for (const record of read) fold.add(record);
  const { seal, logRoot, state } = fold;
  return seal?.logRoot === logRoot && seal.stateRoot === state.root()
    ? undefined
    : 'the seal has other roots';
}

function missingObject(disk: SimDisk, header: JournalRecord): string | undefined {
  if (header.type !== 'header') return 'the first record is no header';
  const digests = header.capsules.flatMap(({ files }) => Object.values(files));
  const missing = tryTo(() => digests.map(digest => getObject(DIR, digest, disk)));
  return missing instanceof Failure ? missing.message : undefined;
}

function tryTo<T>(action: () => T): T | Failure {
  try {
    return action();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
