import type { JsonObject, JsonValue } from '../../base/json.ts';
import type { BootRecord } from '../../store/record.ts';
import type { Verdict } from '../../trust/verdict.ts';
import { groundsOf } from './grounds.ts';

/** What admission came to, by `id@version`. */
export type Grades = ReadonlyMap<string, JsonObject>;

/** A capsule's grade as recordings and reports state it, with the checks and rules that decided it. */
export function gradeFacts(verdict: Verdict): JsonObject {
  const because = groundsOf(verdict).map(({ rule }) => rule);
  return { grade: verdict.grade, ...(because.length > 0 ? { because } : {}) };
}

/** The grades of what was just examined. */
export function gradesOf(verdicts: readonly Verdict[]): Grades {
  return new Map(verdicts.map(verdict => [`${verdict.id}@${verdict.version}`, gradeFacts(verdict)]));
}

/** The grades that the steps of a boot state; none for recordings of a vnes that did not state them. */
export function recordedGrades(records: Iterable<BootRecord>): Grades {
  const grades = new Map<string, JsonObject>();
  for (const { event, detail } of records) {
    const { capsule, grade, because } = detail as Readonly<Record<string, JsonValue | undefined>>;
    if (event !== 'lifecycle' || typeof capsule !== 'string' || grade === undefined) continue;
    grades.set(capsule, { grade, ...(because === undefined ? {} : { because }) });
  }
  return grades;
}
