import type { JsonValue } from './json.ts';
import { sameJson } from './same-json.ts';
import type { SchemaError } from './schema.ts';

/**
 * A JSON Schema as a program: the body of a function of `require` and `module`, as ajv writes it (bus/schema.ts). It asks for
 * nothing but the functions below, so it runs in a sandbox too, where no package is.
 */
export type SchemaProgram = string;

/** Whether a value obeys; `errors` says why the last one did not. */
export interface Validator {
  (value: JsonValue): boolean;
  errors?: readonly SchemaError[] | null;
}

/** What the program of a schema is, once there is something that runs texts. */
export type ProgramBody = (need: typeof needed, module: { exports?: Validator }) => void;

/**
 * What programs ask for, by the names of ajv's own modules. Its `equal` calls methods of what it compares, and data may have
 * members called like them.
 */
const NEEDED: Readonly<Record<string, { readonly default: unknown }>> = {
  'ajv/dist/runtime/ucs2length': { default: codePoints },
  'ajv/dist/runtime/equal': { default: sameJson },
};

/** The validator that a program makes. */
export function validatorOf(body: ProgramBody): Validator {
  const module: { exports?: Validator } = {};
  body(needed, module);
  return module.exports!;
}

function needed(name: string): unknown {
  const found = NEEDED[name];
  if (!found) throw new Error(`the program of a schema needs ${name}`);
  return found;
}

/** Characters beyond the Basic Multilingual Plane take two code units. */
function codePoints(text: string): number {
  let count = text.length;
  for (let at = 1; at < text.length; at += 1)
    if (isIn(text.charCodeAt(at), 0xdc00) && isIn(text.charCodeAt(at - 1), 0xd800)) count -= 1;
  return count;
}

/** Whether a code unit is one of the 1,024 from `first` on. */
function isIn(unit: number, first: number): boolean {
  return unit >= first && unit < first + 0x400;
}
