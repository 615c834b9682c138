import { canonicalJson } from '../../base/canonical.ts';
import { Failure } from '../../base/diagnostic.ts';
import { type JsonObject, type JsonValue, parseJson } from '../../base/json.ts';
import { toPointer } from '../../base/pointer.ts';

/** A field of the manifest that is not what it was. A side without a value had no such field. */
export interface ManifestChange {
  /** JSON pointer (RFC 6901); empty for the manifest as a whole. */
  readonly pointer: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

type Path = readonly (string | number)[];

/** Compares two manifests field by field. One that is missing or no strict JSON differs as a whole. */
export function manifestChanges(
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
): readonly ManifestChange[] {
  return compare([], parsed(before), parsed(after));
}

function parsed(bytes: Uint8Array | undefined): JsonValue | undefined {
  try {
    return bytes && parseJson(bytes);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function compare(path: Path, before: JsonValue | undefined, after: JsonValue | undefined): ManifestChange[] {
  if (isObject(before) && isObject(after)) return members(path, before, after);
  if (Array.isArray(before) && Array.isArray(after)) return items(path, before, after);
  if (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after))
    return [];
  if (before === undefined && after === undefined) return [];
  return [
    {
      pointer: toPointer(path),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

function members(path: Path, before: JsonObject, after: JsonObject): ManifestChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap(name => compare([...path, name], own(before, name), own(after, name)));
}

function items(path: Path, before: readonly JsonValue[], after: readonly JsonValue[]): ManifestChange[] {
  const longer = before.length > after.length ? before : after;
  return longer.flatMap((_, index) => compare([...path, index], before[index], after[index]));
}

function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
