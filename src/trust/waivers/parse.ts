import { type Diagnostic, diagnose, Failure } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { refuseViolations } from '../../base/schema.ts';
import { parseUtc } from '../../base/time.ts';
import { validateWaivers } from '../../generated/waivers.js';
import { PublicKey } from '../public-key.ts';
import type { WaiverEntry, WaiversDocument } from './model.ts';

/**
 * Waivers from their parsed JSON; `bytes` show where a violation stands. Says nothing about whether they count.
 * @throws Failure VNES1011 for what the schema refuses, VNES3010 for contradictions, VNES2033 for unsafe keys.
 */
export function parseWaivers(value: JsonValue, bytes: Uint8Array, file: string): WaiversDocument {
  refuseViolations(validateWaivers(value), { file, bytes });
  const document = value as unknown as WaiversDocument;
  const [first, ...more] = contradictions(document, file);
  if (first) throw new Failure(first, ...more);
  return document;
}

/** What the schema cannot say. @throws Failure VNES2033 */
function contradictions({ waivers }: WaiversDocument, file: string): readonly Diagnostic[] {
  const ids = waivers.map(({ waiver }) => waiver.id);
  return [
    ...twice(ids, 'two waivers have one id', file, '/waivers'),
    ...waivers.flatMap((entry, index) => entryProblems(entry, file, `/waivers/${index}`)),
  ];
}

function entryProblems({ waiver, signatures }: WaiverEntry, file: string, at: string): Diagnostic[] {
  const { id, capsule, namespace, expires } = waiver;
  const keys = signatures.map(({ public_key }) => public_key);
  for (const key of keys) PublicKey.fromBase64(key, { file, pointer: `${at}/signatures` });
  const scopes = [capsule, namespace].filter(each => each !== undefined);
  const place = { file, pointer: `${at}/waiver` };
  return [
    ...(scopes.length === 1
      ? []
      : [
          contradiction(
            `the waiver ${id} is not for one thing`,
            'either "capsule" or "namespace"',
            scopes.length === 0 ? 'neither' : 'both',
            place,
          ),
        ]),
    ...(parseUtc(expires) === undefined
      ? [contradiction('the time of expiry does not exist', 'a day of the calendar', expires, place)]
      : []),
    ...twice(keys, `one key signed the waiver ${id} twice`, file, `${at}/signatures`),
  ];
}

function twice(values: readonly string[], message: string, file: string, pointer: string): Diagnostic[] {
  const again = values.find((value, index) => values.indexOf(value) !== index);
  return again === undefined ? [] : [contradiction(message, 'each once', again, { file, pointer })];
}

function contradiction(
  message: string,
  expected: string,
  found: string,
  place: { readonly file: string; readonly pointer: string },
): Diagnostic {
  return diagnose('VNES3010', message, { place, expected, found });
}
