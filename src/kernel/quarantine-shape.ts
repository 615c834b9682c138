import type { JsonObject, JsonValue } from '../base/json.ts';
import { count, listOf, only, type Shape, text } from '../store/shape.ts';

/** An object with at least these members; what a later version of vnes adds is let through. */
function having(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape {
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `${place} is not an object`;
    const missing = Object.keys(required).find(name => !Object.hasOwn(value, name));
    if (missing !== undefined) return `${place}/${missing} is missing`;
    for (const [name, shape] of Object.entries({ ...required, ...optional })) {
      const member = (value as JsonObject)[name];
      const problem = member === undefined ? undefined : shape(member, `${place}/${name}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

const PLACE = having({}, { file: text, pointer: text, frame: text, line: count, column: count });
const DIAGNOSTIC = having(
  { code: text, severity: text, message: text },
  { place: PLACE, expected: text, found: text, help: text },
);
const check: Shape = (value, place) =>
  having(
    { id: text, proves: text, result: only('pass', 'warn', 'waived', 'fail', 'blocked') },
    { evidence: text, diagnostics: listOf(DIAGNOSTIC), checks: listOf(check) },
  )(value, place);
const RECORD = having({
  schemaVersion: only(1),
  name: text,
  since: text,
  verdict: having({ folder: text, checks: listOf(check) }, { id: text, version: text }),
});

/** Why a value is no record of the quarantine; undefined when it is one. */
export function quarantineProblem(value: JsonValue): string | undefined {
  return RECORD(value, 'the record');
}
