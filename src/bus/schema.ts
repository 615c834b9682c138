import type { Options } from 'ajv/dist/2020.js';
import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { type JsonObject, type JsonValue, parseJson } from '../base/json.ts';
import type { SchemaError } from '../base/schema.ts';
import { type ProgramBody, type SchemaProgram, validatorOf } from '../base/schema-program.ts';
import { guarded } from './patterns.ts';

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
 * @param ownMembers whether only a payload's own members count, and not those that every object inherits
 * @throws Failure VNES7003 for what is not a usable schema, VNES1001 to VNES1007 for what is not JSON. The check fails with VNES7009
 *   when a pattern takes too long.
 */
export async function compileSchema(
  source: Uint8Array | string,
  file?: string,
  ownMembers = true,
): Promise<PayloadCheck> {
  const schema = parseSchema(source, file);
  const program = await schemaProgram(schema, file, ownMembers ? ALL_VIOLATIONS : WITH_INHERITED);
  const validate = validatorOf(new Function('require', 'module', program) as ProgramBody);
  const check: PayloadCheck = payload => (validate(payload) ? [] : (validate.errors ?? []).map(violation));
  return guarded([schema], file ?? 'the schema', check);
}

/** The same as a program, which ends at the first violation and tells what it is about. @throws as {@link compileSchema} */
export async function callProgram(source: Uint8Array | string, file?: string): Promise<SchemaProgram> {
  return schemaProgram(parseSchema(source, file), file, FIRST_VIOLATION);
}

function parseSchema(source: Uint8Array | string, file: string | undefined): JsonObject | boolean {
  const schema = parseJson(source, { file });
  if (
    typeof schema !== 'boolean' &&
    (typeof schema !== 'object' || schema === null || Array.isArray(schema))
  ) {
    throw new Failure(unusable(file, 'a schema is an object or a boolean'));
  }
  const dialect = typeof schema === 'boolean' ? DIALECT : ((schema as JsonObject).$schema ?? DIALECT);
  if (dialect !== DIALECT) throw new Failure(unusable(file, `its $schema is ${JSON.stringify(dialect)}`));
  return schema as JsonObject | boolean;
}

async function schemaProgram(
  schema: JsonObject | boolean,
  file: string | undefined,
  options: Options,
): Promise<SchemaProgram> {
  return programOf(await compiler(options), schema, file);
}

const ALL_VIOLATIONS: Options = { allErrors: true };
const WITH_INHERITED: Options = { ...ALL_VIOLATIONS, ownProperties: false };
const FIRST_VIOLATION: Options = { messages: false, verbose: true };

type Compiler = (schema: JsonObject | boolean) => SchemaProgram;

const compilers = new Map<Options, Promise<Compiler>>();

/** ajv's compiler takes over 100 ms to load: once, and only when a schema is there to compile. */
function compiler(options: Options): Promise<Compiler> {
  const known = compilers.get(options) ?? loadCompiler(options);
  compilers.set(options, known);
  return known;
}

async function loadCompiler(options: Options): Promise<Compiler> {
  // Through the default exports: those are what a bundle of CommonJS modules keeps.
  const [{ default: ajv }, { default: standalone }] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv/dist/standalone/index.js'),
  ]);
  const shared = new ajv.Ajv2020({ ...COMMON, ...options });
  // What every object inherits is no keyword either.
  for (const known of [shared.RULES.all, shared.RULES.keywords]) Object.setPrototypeOf(known, null);
  return schema => standalone.default(shared, shared.compile(schema));
}

const COMMON: Options = {
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  validateFormats: false,
  // Every object inherits members such as `toString`; those are not the payload's.
  ownProperties: true,
  // Two capsules may use the same $id; each schema stands alone.
  addUsedSchema: false,
  logger: false,
  code: { source: true },
};

/** ajv finds the whole of a schema, to which `#` refers, by its name alone. */
const NAMELESS = 'vnes:schema';

function programOf(compile: Compiler, schema: JsonObject | boolean, file: string | undefined): SchemaProgram {
  try {
    return compile(typeof schema === 'boolean' ? schema : { $id: NAMELESS, ...schema });
  } catch (error) {
    throw new Failure(unusable(file, error instanceof Error ? error.message : String(error)));
  }
}

function unusable(file: string | undefined, found: string): Diagnostic {
  return diagnose('VNES7003', 'the schema of a topic or method cannot be used', {
    place: { file },
    expected:
      'a JSON Schema 2020-12 that stands alone, without unknown keywords or references to other documents',
    found,
    help: 'correct the schema; move what it refers to into its own `$defs`',
  });
}

/** As ajv tells it, in words of its own. */
type Told = SchemaError & { readonly message?: string };

function violation(error: Told): Violation {
  return { pointer: error.instancePath, message: `${error.message ?? 'is not valid'}${particulars(error)}` };
}

/** ajv's messages leave out the one word that a reader needs most. */
const NAMED: Readonly<Record<string, string>> = {
  additionalProperties: 'additionalProperty',
  unevaluatedProperties: 'unevaluatedProperty',
  enum: 'allowedValues',
  const: 'allowedValue',
};

function particulars(error: Told): string {
  const name = NAMED[error.keyword];
  const value = name === undefined ? undefined : error.params[name];
  return value === undefined ? '' : `: ${Array.isArray(value) ? value.map(show).join(', ') : show(value)}`;
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
