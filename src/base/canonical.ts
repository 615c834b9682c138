import type { JsonObject, JsonValue } from './json.ts';
import { compareCodeUnits } from './order.ts';

/**
 * Canonical JSON (RFC 8785, JCS): keys in UTF-16 order, no whitespace, ECMAScript number and string forms.
 * @throws TypeError on what JSON cannot hold: undefined, functions, bigints, non-finite numbers, lone surrogates.
 */
export function canonicalJson(value: JsonValue): string {
  switch (typeof value) {
    case 'string':
      return canonicalString(value);
    case 'number':
      return canonicalNumber(value);
    case 'boolean':
      return String(value);
    case 'object':
      return value === null
        ? 'null'
        : Array.isArray(value)
          ? canonicalArray(value)
          : canonicalObject(value as JsonObject);
    default:
      throw new TypeError(`canonical JSON cannot hold a value of type ${typeof value}`);
  }
}

/** The UTF-8 bytes of {@link canonicalJson}. */
export function canonicalBytes(value: JsonValue): Uint8Array {
  return Buffer.from(canonicalJson(value), 'utf8');
}

function canonicalArray(items: readonly JsonValue[]): string {
  let text = '[';
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) text += ',';
    text += canonicalJson(items[index]!);
  }
  return `${text}]`;
}

function canonicalObject(members: JsonObject): string {
  let text = '{';
  for (const key of Object.keys(members).sort(compareCodeUnits)) {
    if (text.length > 1) text += ',';
    text += `${canonicalString(key)}:${canonicalJson(members[key]!)}`;
  }
  return `${text}}`;
}

/** ECMAScript's own form is the one that RFC 8785, section 3.2.2.3, asks for; negative zero is written as 0. */
function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold the number ${value}`);
  return String(value);
}

/** Printable ASCII that needs no escape, which most strings are; it skips the slower way. */
const PLAIN = /^[ !#-[\]-~]*$/;

function canonicalString(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) throw new TypeError('canonical JSON cannot hold a string with a lone surrogate');
  return JSON.stringify(value);
}
