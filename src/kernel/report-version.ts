import type { JsonObject, JsonValue } from '../base/json.ts';

/**
 * The versions of what stands beside a journal, by what each brought over the one before. A recording keeps the files that it was
 * written with, and they are checked as of their version: so nothing may be taken away or change its meaning, only be added.
 */
const BROUGHT: Readonly<Record<number, readonly (readonly string[])[]>> = {
  1: [],
  2: [['flow', 'strategies']],
};

/** The version that is written. */
export const REPORT_VERSION = Math.max(...Object.keys(BROUGHT).map(Number));

export const REPORT_VERSIONS: readonly number[] = Object.keys(BROUGHT).map(Number);

/** A report of {@link REPORT_VERSION} as an earlier version had it. */
export function reportAs(version: number, report: JsonObject): JsonObject {
  const later = REPORT_VERSIONS.filter(each => each > version).flatMap(each => BROUGHT[each]!);
  return { ...later.reduce<JsonObject>((left, path) => without(left, path), report), schemaVersion: version };
}

function without(value: JsonObject, [name, ...below]: readonly string[]): JsonObject {
  const { [name!]: inside, ...rest } = value;
  if (below.length === 0 || inside === undefined) return rest;
  // In its old place: the order of members is part of the file.
  return Object.fromEntries(
    Object.entries(value).map(([key, each]): [string, JsonValue] =>
      key === name ? [key, without(each as JsonObject, below)] : [key, each],
    ),
  );
}
