import type { Code } from './codes/all.ts';
import { type Diagnostic, diagnose, Failure } from './diagnostic.ts';
import { decodeUtf8 } from './json.ts';
import { locate } from './locate.ts';
import { toPointer } from './pointer.ts';

/** One violation, as the generated validators report it (the shape of ajv's error objects). */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly parentSchema?: unknown;
}

/** The document that was validated: its text shows where each violation stands. */
export interface ValidatedDocument {
  readonly file: string;
  readonly text: string;
}

/** Violations that are told one by one. Placing each takes a pass over the document, and a document can hold millions. */
const TOLD = 100;

/** Violations in words: one diagnostic each, in the order of the document; beyond the first hundred, their number. */
export function schemaDiagnostics(
  errors: readonly SchemaError[],
  document: ValidatedDocument,
  code: Code = 'VNES1011',
): Diagnostic[] {
  const violations = errors.filter(error => error.keyword !== 'if');
  const located = violations.slice(0, TOLD).map(error => toDiagnostic(error, document, code));
  located.sort((a, b) => compare(a, b));
  const rest = violations.length - located.length;
  if (rest > 0) located.push(diagnose(code, `${rest} more violations`, { place: { file: document.file } }));
  return located;
}

/**
 * Refuses a document that a generated validator found fault with; `bytes` show where.
 * @throws Failure of `code`, one diagnostic a violation.
 */
export function refuseViolations(
  errors: readonly SchemaError[],
  { file, bytes }: { readonly file: string; readonly bytes: Uint8Array },
  code?: Code,
): void {
  if (errors.length === 0) return;
  const [first, ...more] = schemaDiagnostics(errors, { file, text: decodeUtf8(bytes, file) }, code);
  throw new Failure(first!, ...more);
}

function compare(a: Diagnostic, b: Diagnostic): number {
  return (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0);
}

function toDiagnostic(error: SchemaError, { file, text }: ValidatedDocument, code: Code): Diagnostic {
  const { pointer, found } = whatIsWrong(error);
  return diagnose(code, violation(error), {
    place: { file, ...locate(text, pointer), pointer },
    expected: expectation(error),
    found,
  });
}

/** A violation of somebody else's schema: where by JSON pointer, and what. Titles are words for people, and left out. */
export function violationWords(error: SchemaError): {
  readonly pointer: string;
  readonly expected: string;
  readonly found: string;
} {
  const { pointer, found } = whatIsWrong(error);
  const untitled = { ...(error.parentSchema as object | undefined), title: undefined };
  return { pointer, expected: expectation({ ...error, parentSchema: untitled }), found };
}

/** The value that is not as it should be, or the key that ought not to be there. */
function whatIsWrong(error: SchemaError): { readonly pointer: string; readonly found: string } {
  const extra = extraKey(error);
  return extra === undefined
    ? { pointer: error.instancePath, found: describe(error.data) }
    : { pointer: error.instancePath + toPointer([extra]), found: `the key ${JSON.stringify(extra)}` };
}

/** By the keyword that forbids a key, how the violation names it. */
const EXTRA_KEYS: Readonly<Record<string, string>> = {
  additionalProperties: 'additionalProperty',
  unevaluatedProperties: 'unevaluatedProperty',
};

function extraKey({ keyword, params }: SchemaError): string | undefined {
  const name = EXTRA_KEYS[keyword];
  return name === undefined ? undefined : String(params[name]);
}

function violation(error: SchemaError): string {
  const where = error.instancePath === '' ? 'the document' : error.instancePath.slice(1).replaceAll('/', '.');
  switch (error.keyword) {
    case 'required':
      return `${where} lacks ${JSON.stringify(error.params.missingProperty)}`;
    case 'dependentRequired':
      return `${where} states ${JSON.stringify(error.params.property)} without ${JSON.stringify(error.params.missingProperty)}`;
    case 'additionalProperties':
      return `${where} has a key that is not allowed: ${JSON.stringify(extraKey(error))}`;
    default:
      return `${where} is not valid`;
  }
}

function expectation(error: SchemaError): string {
  const schema = (error.parentSchema ?? {}) as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
    case 'dependentRequired':
      return `the key ${JSON.stringify(error.params.missingProperty)}`;
    case 'unevaluatedProperties':
      return 'no keys but those that the schema describes';
    case 'false schema':
      return 'nothing';
    case 'additionalProperties':
      return `only ${Object.keys((schema.properties ?? {}) as object).join(', ') || 'no keys'}`;
    case 'enum':
      return `one of ${(error.params.allowedValues as unknown[]).map(value => JSON.stringify(value)).join(', ')}`;
    case 'const':
      return JSON.stringify(error.params.allowedValue);
    case 'type':
      return typeof schema.title === 'string' ? schema.title : typeNames(error.params.type);
    default:
      return typeof schema.title === 'string' ? schema.title : constraint(error.keyword, schema);
  }
}

const LIMITS: Readonly<Record<string, string>> = {
  minimum: 'a number from',
  maximum: 'a number up to',
  exclusiveMinimum: 'a number above',
  exclusiveMaximum: 'a number below',
  minLength: 'this many characters at least:',
  maxLength: 'this many characters at most:',
  minItems: 'this many items at least:',
  maxItems: 'this many items at most:',
  minProperties: 'this many keys at least:',
  maxProperties: 'this many keys at most:',
  pattern: 'text that matches',
};

/** For a part of a schema that has no title. */
function constraint(keyword: string, schema: Readonly<Record<string, unknown>>): string {
  const limit = LIMITS[keyword];
  return limit === undefined ? `a value that satisfies ${keyword}` : `${limit} ${String(schema[keyword])}`;
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

function typeNames(types: unknown): string {
  return [types]
    .flat()
    .map(type => NAMES[String(type)] ?? String(type))
    .join(' or ');
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value !== null && typeof value === 'object')
    return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
