import { join } from 'node:path';
import { type Digest, sha256 } from '../base/digest.ts';
import { errorCode } from '../base/system-error.ts';
import { RESULT_FILES, type Results } from '../kernel/results.ts';
import { baseOf } from '../store/base.ts';
import { lineageOf } from '../store/branch.ts';
import type { Disk } from '../store/disk.ts';
import { readPlain } from '../store/files.ts';

/** What the files beside a journal must be. */
export interface HeldResults {
  /** Their digests, where they are known. */
  readonly digests: Readonly<Partial<Record<keyof Results, Digest>>>;
  /** What they say. */
  readonly results: Results;
}

/**
 * Holds the files to what follows from the journal. Where history was dropped they do not follow from what is left: then they are held to the
 * digests that they had before; and of a branch, what its report says of invariants is not known any more.
 */
export function heldResults(dir: string, expected: Results, disk: Disk): HeldResults {
  const base = baseOf(dir, disk);
  if (base)
    return { digests: base.place.results ?? {}, results: asTheyAre(dir, expected, RESULT_FILES, disk) };
  const digests = Object.fromEntries(RESULT_FILES.map(name => [name, sha256(expected[name])]));
  if (!lineageOf(dir, disk).some(layer => baseOf(layer.dir, disk))) return { digests, results: expected };
  const { 'outputs.ndjson': outputs } = digests;
  return {
    digests: outputs === undefined ? {} : { 'outputs.ndjson': outputs },
    results: asTheyAre(dir, expected, ['report.json'], disk),
  };
}

function asTheyAre(dir: string, expected: Results, names: readonly (keyof Results)[], disk: Disk): Results {
  const found = names.flatMap(name => {
    try {
      return [[name, readPlain(join(dir, name), disk).toString('utf8')] as const];
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return [];
    }
  });
  return { ...expected, ...Object.fromEntries(found) };
}
