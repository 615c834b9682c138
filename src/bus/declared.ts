import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, Failure } from '../base/diagnostic.ts';
import { parseJson } from '../base/json.ts';
import type { Schema } from '../base/subsume/place.ts';
import { compileSchema, type PayloadCheck } from './schema.ts';

/** A schema as a capsule brings it: its path, for diagnostics, and its bytes. */
export interface SchemaFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What one capsule says about one topic in its manifest. */
export interface TopicDeclaration {
  readonly topic: string;
  /** Id of the capsule. */
  readonly capsule: string;
  readonly role: 'publishes' | 'subscribes';
  /** A payload obeys any one of them. */
  readonly schemas?: readonly SchemaFile[] | undefined;
  readonly partitions?: number | undefined;
  /** False where it does without a check of what capsules publish. */
  readonly critical?: boolean | undefined;
}

/** A declaration with schemas, read. */
export interface Stated {
  readonly use: TopicDeclaration;
  readonly schemas: readonly { readonly path: string; readonly value: Schema }[];
  /** The same for declarations that say the same. */
  readonly key: string;
  readonly check: PayloadCheck;
}

/** Reads the schemas of declarations that have some; pushes what is wrong with them. */
export async function stateSchemas(
  uses: readonly TopicDeclaration[],
  ownMembers: boolean,
  problems: Diagnostic[],
): Promise<readonly Stated[]> {
  const stated: Stated[] = [];
  for (const use of uses) {
    if (!use.schemas?.length) continue;
    try {
      stated.push(await read(use, use.schemas, ownMembers, stated));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(...error.diagnostics);
    }
  }
  return stated;
}

/** Two capsules mostly state the same, and compiling is slow. */
async function read(
  use: TopicDeclaration,
  files: readonly SchemaFile[],
  ownMembers: boolean,
  known: readonly Stated[],
): Promise<Stated> {
  const schemas = files.map(({ path, bytes }) => ({
    path,
    value: parseJson(bytes, { file: path }) as Schema,
  }));
  const key = schemas.map(({ value }) => canonicalJson(value)).join('\n');
  const twin = known.find(each => each.key === key);
  if (twin) return { ...twin, use, schemas };
  const checks: PayloadCheck[] = [];
  for (const { path, bytes } of files) checks.push(await compileSchema(bytes, path, ownMembers));
  return { use, schemas, key, check: anyOf(checks) };
}

/** What is wrong by the first schema is told where a payload obeys none. */
function anyOf(checks: readonly PayloadCheck[]): PayloadCheck {
  const [first, ...others] = checks;
  return payload => {
    const violations = first!(payload);
    if (violations.length === 0) return violations;
    return others.some(check => check(payload).length === 0) ? [] : violations;
  };
}
