import type { JsonValue } from './json.ts';
import { compareCodeUnits } from './order.ts';

/**
 * Canonical JSON (RFC 8785, JCS): keys in UTF-16 order, no whitespace, ECMAScript number and string forms.
 * @throws TypeError on what JSON cannot hold: undefined, functions, bigints, non-finite numbers, lone surrogates.
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (typeof value === 'string') return canonicalString(value);
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`;
  if (typeof value !== 'object')
    throw new TypeError(`canonical JSON cannot hold a value of type ${typeof value}`);
  const members = Object.keys(value)
    .sort(compareCodeUnits)
    .map(key => `${canonicalString(key)}:${canonicalJson((value as Record<string, JsonValue>)[key]!)}`);
  return `{${members.join(',')}}`;
}

/** The UTF-8 bytes of {@link canonicalJson}. */
export function canonicalBytes(value: JsonValue): Uint8Array {
  return Buffer.from(canonicalJson(value), 'utf8');
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold the number ${value}`);
  return JSON.stringify(value);
}

function canonicalString(value: string): string {
  if (!value.isWellFormed()) throw new TypeError('canonical JSON cannot hold a string with a lone surrogate');
  return JSON.stringify(value);
}
