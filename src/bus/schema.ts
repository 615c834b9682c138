import type { Ajv2020, ErrorObject } from 'ajv/dist/2020.js';
import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { type JsonObject, type JsonValue, parseJson } from '../base/json.ts';

/** One way in which a payload breaks its topic's schema. */
export interface Violation {
  /** JSON pointer to the value, '' for the payload itself. */
  readonly pointer: string;
  /** What is wrong with it, e.g. `must be number`. */
  readonly message: string;
}

/** Checks a payload; nothing found means that it obeys. */
export type PayloadCheck = (payload: JsonValue) => readonly Violation[];

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/**
 * Compiles a JSON Schema (2020-12) into a check. Unknown keywords and references to other documents are refused: a rule that
 * cannot be applied must not pass for one that holds. `format` is an annotation, as the standard has it.
 * @throws Failure VNES7003 for what is not a usable schema, VNES1001 to VNES1007 for what is not JSON.
 */
export async function compileSchema(source: Uint8Array | string, file?: string): Promise<PayloadCheck> {
  const schema = parseJson(source, { file });
  if (
    typeof schema !== 'boolean' &&
    (typeof schema !== 'object' || schema === null || Array.isArray(schema))
  ) {
    throw new Failure(unusable(file, 'a schema is an object or a boolean'));
  }
  const dialect = typeof schema === 'boolean' ? DIALECT : ((schema as JsonObject).$schema ?? DIALECT);
  if (dialect !== DIALECT) throw new Failure(unusable(file, `its $schema is ${JSON.stringify(dialect)}`));
  const validate = compile(await compiler(), schema as JsonObject | boolean, file);
  return payload => (validate(payload) ? [] : (validate.errors ?? []).map(violation));
}

let shared: Promise<Ajv2020> | undefined;

/** ajv's compiler takes over 100 ms to load: once, and only when a schema is there to compile. */
function compiler(): Promise<Ajv2020> {
  shared ??= import('ajv/dist/2020.js').then(
    // Through the default export: that is the one that a bundle of a CommonJS module keeps.
    ({ default: ajv }) =>
      new ajv.Ajv2020({
        allErrors: true,
        strict: true,
        strictTypes: false,
        strictTuples: false,
        strictRequired: false,
        validateFormats: false,
        // Two capsules may use the same $id; each schema stands alone.
        addUsedSchema: false,
        logger: false,
      }),
  );
  return shared;
}

function compile(
  ajv: Ajv2020,
  schema: JsonObject | boolean,
  file: string | undefined,
): ReturnType<Ajv2020['compile']> {
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw new Failure(unusable(file, error instanceof Error ? error.message : String(error)));
  }
}

function unusable(file: string | undefined, found: string): Diagnostic {
  return diagnose('VNES7003', 'the schema of a topic cannot be used', {
    place: { file },
    expected:
      'a JSON Schema 2020-12 that stands alone, without unknown keywords or references to other documents',
    found,
    help: 'correct the schema; move what it refers to into its own `$defs`',
  });
}

function violation(error: ErrorObject): Violation {
  return { pointer: error.instancePath, message: `${error.message ?? 'is not valid'}${particulars(error)}` };
}

/** ajv's messages leave out the one word that a reader needs most. */
const NAMED: Readonly<Record<string, string>> = {
  additionalProperties: 'additionalProperty',
  unevaluatedProperties: 'unevaluatedProperty',
  enum: 'allowedValues',
  const: 'allowedValue',
};

function particulars(error: ErrorObject): string {
  const name = NAMED[error.keyword];
  const value = name === undefined ? undefined : (error.params as Record<string, unknown>)[name];
  return value === undefined ? '' : `: ${Array.isArray(value) ? value.map(show).join(', ') : show(value)}`;
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
