import { canonicalJson } from './canonical.ts';
import { type JsonLimits, type JsonObject, type JsonValue, parseJson } from './json.ts';
import { LIMITS } from './limits.ts';

/**
 * The value of a text that is canonical JSON to the letter (RFC 8785), parsed as strictly as by {@link parseJson}. Undefined when
 * it is not. @throws Failure VNES1001 to VNES1007 for what is not acceptable JSON at all
 */
export function parseCanonical(text: string, limits: JsonLimits = {}): JsonValue | undefined {
  const value = quickly(text, limits);
  if (value !== undefined) return value;
  const parsed = parseJson(text, limits);
  return canonicalJson(parsed) === text ? parsed : undefined;
}

/** The canonical form of a JSON text. @throws Failure VNES1001 to VNES1007 */
export function toCanonical(text: string, limits: JsonLimits = {}): string {
  return quickly(text, limits) === undefined ? canonicalJson(parseJson(text, limits)) : text;
}

/**
 * The engine's reading of a text that it writes in just the same way, with keys in order: so no key occurs twice, no number was
 * rounded, and nothing is left out. Undefined for others, right or wrong, and for what only the parser tells.
 */
function quickly(text: string, { maxBytes, maxDepth }: JsonLimits): JsonValue | undefined {
  // A unit takes three bytes at most.
  if (text.length * 3 > (maxBytes ?? LIMITS.documentBytes)) return undefined;
  const value = engineValue(text);
  const same = value !== undefined && JSON.stringify(value) === text;
  return same && isOrdered(value, maxDepth ?? LIMITS.jsonDepth) ? value : undefined;
}

/**
 * The engine's own reading of a text, for who compares it with a text that is known to be canonical. Undefined for what is no JSON, and
 * for what the engine takes and the parser refuses even in a canonical text: it keeps lone surrogates, escaped, and a prototype as a key.
 */
export function engineValue(text: string): JsonValue | undefined {
  if (text.includes('\\ud') || text.includes('__proto__')) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Whether keys stand in order everywhere, and nothing is nested deeper. */
function isOrdered(value: JsonValue, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every(item => isOrdered(item, depth - 1));
  const members = value as JsonObject;
  let before = '';
  for (const key of Object.keys(members)) {
    const member = members[key]!;
    if (key < before || (typeof member === 'object' && !isOrdered(member, depth - 1))) return false;
    before = key;
  }
  return true;
}
