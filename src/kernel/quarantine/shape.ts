import type { JsonObject, JsonValue } from '../../base/json.ts';
import { count, digest, fields, listOf, nullable, only, type Shape, text } from '../../store/shape.ts';

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

const yesOrNo: Shape = (value, place) =>
  typeof value === 'boolean' ? undefined : `${place} is not true or false`;
/** As {@link import('../../base/ports.ts').toRfc3339} writes it. */
const time: Shape = (value, place) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)
    ? undefined
    : `${place} is not a time`;

const PLACE = having({}, { file: text, pointer: text, frame: text, line: count, column: count });
const DIAGNOSTIC = having(
  { code: text, severity: only('error', 'warning', 'note'), message: text },
  { place: PLACE, expected: text, found: text, help: text },
);
const check: Shape = (value, place) =>
  having(
    { id: text, proves: text, result: only('pass', 'warn', 'waived', 'fail', 'blocked') },
    { evidence: text, diagnostics: listOf(DIAGNOSTIC), checks: listOf(check) },
  )(value, place);
const VERDICT = having(
  {
    folder: text,
    grade: only('admitted', 'warned', 'waived', 'quarantined'),
    admitted: yesOrNo,
    tree: digest,
    signers: listOf(text),
    checks: listOf(check),
  },
  { id: text, version: text },
);
const FILE = fields({
  path: text,
  mode: only('100644', '100755'),
  size: count,
  sha256: digest,
  kept: yesOrNo,
});
const SIGNER = fields({
  name: nullable(text),
  key: text,
  state: only('holds', 'revoked', 'broken', 'unknown', 'unsafe'),
  roles: listOf(text),
});
const ENTRY = having({
  schemaVersion: only(2),
  folder: text,
  name: text,
  gate: only('run', 'verify'),
  at: time,
  since: time,
  verdict: VERDICT,
  content: having({ files: listOf(FILE), receipt: nullable(digest), signers: listOf(SIGNER) }),
});

/** Why a value is no entry of the quarantine; undefined when it is one. */
export function entryProblem(value: JsonValue): string | undefined {
  return ENTRY(value, 'the record') ?? contradiction(value as { readonly verdict: JsonObject });
}

/** A grade that lets a capsule run and a verdict that does not, or the other way round, was not written by vnes. */
function contradiction({ verdict }: { readonly verdict: JsonObject }): string | undefined {
  return (verdict.grade !== 'quarantined') === verdict.admitted
    ? undefined
    : 'the record /verdict has a grade that contradicts it';
}
