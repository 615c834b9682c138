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

/** The UTF-8 bytes of {@link canonicalJson}. */
export function canonicalBytes(value: JsonValue): Uint8Array {
  return Buffer.from(canonicalJson(value), 'utf8');
}

/**
 * A copy whose keys stand in order, so that the engine writes it; that is faster than anything written here. Undefined when no object
 * can have the order: keys like array indices come first in any, and `__proto__` is none of its own.
 */
function inOrder(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return wellFormed(value);
  return Array.isArray(value) ? itemsInOrder(value) : membersInOrder(value as JsonObject);
}

function itemsInOrder(items: readonly JsonValue[]): JsonValue | undefined {
  const ordered: JsonValue[] = [];
  for (let index = 0; index < items.length; index += 1) {
    const item = inOrder(items[index]!);
    if (item === undefined) return undefined;
    ordered.push(item);
  }
  return ordered;
}

function membersInOrder(members: JsonObject): JsonValue | undefined {
  const ordered: Record<string, JsonValue> = {};
  for (const key of sortedKeys(members)) {
    const member = inOrder(members[key]!);
    if (member === undefined || key === '__proto__' || isDigit(key.charCodeAt(0))) return undefined;
    ordered[key] = member;
  }
  return ordered;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** Keys by their UTF-16 code units, which is how `sort` compares strings unless told otherwise. */
function sortedKeys(members: JsonObject): readonly string[] {
  const keys = Object.keys(members);
  for (let index = 1; index < keys.length; index += 1)
    if (keys[index - 1]! > keys[index]!) return keys.sort();
  return keys;
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
  const keys = sortedKeys(members);
  return `{${keys.map(key => `${written(key)}:${written(members[key]!)}`).join(',')}}`;
}
