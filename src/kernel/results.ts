import { join } from 'node:path';
import { canonicalJson } from '../base/canonical.ts';
import { Failure } from '../base/diagnostic.ts';
import { type JsonObject, parseJson } from '../base/json.ts';
import { errorCode } from '../base/system-error.ts';
import type { BusEvent } from '../capsule/event.ts';
import { type Disk, nodeDisk } from '../store/disk.ts';
import { readPlain, replaceFile } from '../store/files.ts';
import { guarded } from '../store/refusal.ts';
import { REPORT_VERSION, reportAs } from './report-version.ts';

/** The version that the report of a recording states; undefined when there is none to read. */
export function statedVersion(dir: string, disk: Disk = nodeDisk): number | undefined {
  try {
    const report = parseJson(readPlain(join(dir, 'report.json'), disk)) as Partial<JsonObject> | null;
    return typeof report?.schemaVersion === 'number' ? report.schemaVersion : undefined;
  } catch (error) {
    if (error instanceof Failure || errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** The files beside a journal that follow from it, by name. */
export type Results = Readonly<Record<(typeof RESULT_FILES)[number], string>>;

export const RESULT_FILES = ['outputs.ndjson', 'report.json'] as const;

/** What the files say: what the network told the outside, and the run's report; as of a version (report-version.ts). */
export function resultsOf(
  outputs: readonly BusEvent[],
  report: JsonObject,
  version: number = REPORT_VERSION,
): Results {
  return {
    'outputs.ndjson': outputs.map(event => `${outputLine(event)}\n`).join(''),
    'report.json': `${JSON.stringify(reportAs(version, report), null, 2)}\n`,
  };
}

/** What readers of the output get of an event. */
export function outputLine({ topic, partition, offset, time, key, payload, source }: BusEvent): string {
  return canonicalJson({ topic, partition, offset, time, key, payload, source });
}

/** Writes the files of a sealed recording; each appears whole. @throws Failure VNES8005 */
export function writeResults(dir: string, results: Results, disk: Disk = nodeDisk): void {
  for (const name of RESULT_FILES)
    guarded(dir, () => replaceFile(disk, join(dir, name), Buffer.from(results[name])));
}
