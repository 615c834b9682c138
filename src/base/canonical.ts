import type { JsonObject, JsonValue } from './json.ts';

/**
 * Canonical JSON (RFC 8785, JCS): keys in UTF-16 order, no whitespace, ECMAScript number and string forms.
 * @throws TypeError on what JSON cannot hold: undefined, functions, bigints, non-finite numbers, lone surrogates.
 */
export function canonicalJson(value: JsonValue): string {
  const ordered = inOrder(value);
  if (ordered === undefined) return written(value);
  const text = JSON.stringify(ordered);
  // The engine escapes lone surrogates, where this form refuses them.
  return text.includes('\\ud') ? written(value) : text;
}

/** Texts that need no escapes, which are nearly all of them. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** The canonical JSON of a text. @throws TypeError for a lone surrogate */
export function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : canonicalJson(text);
}

/** The UTF-8 bytes of {@link canonicalJson}. */
export function canonicalBytes(value: JsonValue): Uint8Array {
  return Buffer.from(canonicalJson(value), 'utf8');
}

/**
 * The value with its keys in order, so that the engine writes it; that is faster than anything written here. What has the order is
 * handed back as it is. Undefined when no object can have it: keys like array indices come first in any, and `__proto__` is none
 * of its own.
 */
export function inOrder(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return wellFormed(value);
  return Array.isArray(value) ? itemsInOrder(value) : membersInOrder(value as JsonObject);
}

function itemsInOrder(items: readonly JsonValue[]): JsonValue | undefined {
  let ordered: JsonValue[] | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = inOrder(items[index]!);
    if (item === undefined) return undefined;
    if (item !== items[index]) ordered ??= items.slice(0, index);
    ordered?.push(item);
  }
  return ordered ?? items;
}

/** Each value within is looked at once: keys are compared before anything below them. */
function membersInOrder(members: JsonObject): JsonValue | undefined {
  const keys = Object.keys(members);
  if (!inTurn(keys)) return reordered(members, keys);
  let ordered: Record<string, JsonValue> | undefined;
  for (const key of keys) {
    const found = members[key]!;
    const member = typeof found === 'string' ? found : inOrder(found);
    if (member === found) continue;
    if (member === undefined || key === '__proto__') return undefined;
    ordered ??= { ...members };
    ordered[key] = member;
  }
  return ordered ?? members;
}

/** Whether keys stand in the order of their UTF-16 code units, which is how JavaScript compares strings. */
function inTurn(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index += 1) if (keys[index - 1]! > keys[index]!) return false;
  return true;
}

function reordered(members: JsonObject, keys: string[]): JsonValue | undefined {
  const ordered: Record<string, JsonValue> = {};
  for (const key of keys.sort()) {
    const member = inOrder(members[key]!);
    if (member === undefined || key === '__proto__' || isDigit(key.charCodeAt(0))) return undefined;
    ordered[key] = member;
  }
  return ordered;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** A value that is no object, when JSON can hold it. @throws TypeError */
function wellFormed(value: JsonValue): JsonValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (value.isWellFormed()) return value;
    throw new TypeError('canonical JSON cannot hold a string with a lone surrogate');
  }
  if (typeof value !== 'number')
    throw new TypeError(`canonical JSON cannot hold a value of type ${typeof value}`);
  if (Number.isFinite(value)) return value;
  throw new TypeError(`canonical JSON cannot hold the number ${value}`);
}

/** The same text, put together by hand. */
function written(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(wellFormed(value));
  if (Array.isArray(value)) return `[${Array.from(value, written).join(',')}]`;
  const members = value as JsonObject;
  const keys = Object.keys(members).sort();
  return `{${keys.map(key => `${written(key)}:${written(members[key]!)}`).join(',')}}`;
}
