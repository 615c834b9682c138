import type { JsonValue } from '../../base/json.ts';

/** Whether a trust file is a trust root, and not a plain list of keys. */
export function isRoot(value: JsonValue): boolean {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, 'signed');
}
