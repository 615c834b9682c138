import { type Diagnostic, diagnose, Failure } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import { refuseViolations } from '../../base/schema.ts';
import { parseUtc } from '../../base/time.ts';
import { validateTrustRoot } from '../../generated/trust-root.js';
import { PublicKey } from '../public-key.ts';
import type { RootDocument, RootVersion, SignedRoot } from './model.ts';

/**
 * A trust root from its parsed JSON; `bytes` show where a violation stands. Says nothing about whether its signatures hold.
 * @throws Failure VNES1011 for what the schema refuses, VNES2060 for contradictions, VNES2033 for unsafe keys.
 */
export function parseRoot(value: JsonValue, bytes: Uint8Array, file: string): RootDocument {
  refuseViolations(validateTrustRoot(value), { file, bytes });
  const document = value as unknown as RootDocument;
  versionsOf(document).forEach((version, index) => {
    const pointer = index < document.former.length ? `/former/${index}` : '';
    const [first, ...more] = contradictions(version, { file, pointer });
    if (first) throw new Failure(first, ...more);
  });
  return document;
}

/** All versions, the first one first. */
export function versionsOf({ former, signed, signatures }: RootDocument): readonly RootVersion[] {
  return [...former, { signed, signatures }];
}

interface At {
  readonly file: string;
  readonly pointer: string;
}

/** What the schema cannot say. @throws Failure VNES2033 */
export function contradictions({ signed, signatures }: RootVersion, at: At): readonly Diagnostic[] {
  const under: At = { file: at.file, pointer: `${at.pointer}/signed` };
  const { principals, delegations, revoked } = signed;
  for (const { name, keys } of principals) for (const key of keys) safe(key, under, `of ${name}`);
  for (const { public_key, principal } of revoked) safe(public_key, under, `revoked from ${principal}`);
  return [
    ...badExpiry(signed, under),
    ...twice(
      principals.map(({ name }) => name),
      under,
      '/principals',
      'principal',
    ),
    ...twice(
      [...principals.flatMap(({ keys }) => keys), ...revoked.map(({ public_key }) => public_key)],
      under,
      '/principals',
      'key, revoked ones included',
    ),
    ...twice(
      delegations.map(({ role, namespace }) => `${role} ${namespace}`),
      under,
      '/delegations',
      'delegation',
    ),
    ...twice(
      signatures.map(({ public_key }) => public_key),
      at,
      '/signatures',
      'signature of a key',
    ),
    ...unknownNames(signed, under),
    ...outOfReach(signed, under),
  ];
}

function safe(key: string, { file, pointer }: At, whose: string): void {
  PublicKey.fromBase64(key, { file, pointer: `${pointer} (${whose})` });
}

function badExpiry({ expires }: SignedRoot, at: At): Diagnostic[] {
  if (parseUtc(expires) !== undefined) return [];
  return [
    contradiction('the time of expiry does not exist', at, '/expires', 'a day of the calendar', expires),
  ];
}

function twice(values: readonly string[], at: At, part: string, what: string): Diagnostic[] {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) {
      return [contradiction(`the trust root names one ${what} twice`, at, part, 'each once', value)];
    }
    seen.add(value);
  }
  return [];
}

function unknownNames({ principals, root, delegations }: SignedRoot, at: At): Diagnostic[] {
  const known = new Set(principals.map(({ name }) => name));
  const lists = [
    { part: '/root/principals', names: root.principals },
    ...delegations.map((each, index) => ({
      part: `/delegations/${index}/principals`,
      names: each.principals,
    })),
  ];
  return lists.flatMap(({ part, names }) =>
    names
      .filter(name => !known.has(name))
      .map(name =>
        contradiction(`there is no principal ${name}`, at, part, 'a principal of this root', name),
      ),
  );
}

/** A root that nobody can change any more is a mistake; a delegation that nobody can meet only closes its namespace. */
function outOfReach({ principals, root }: SignedRoot, at: At): Diagnostic[] {
  const able = principals.filter(
    ({ name, keys }) => keys.length > 0 && root.principals.includes(name),
  ).length;
  if (able >= root.threshold) return [];
  const expected = `at most ${able}, as many as have keys`;
  return [
    contradiction(
      'nobody could ever change this root',
      at,
      '/root/threshold',
      expected,
      String(root.threshold),
    ),
  ];
}

function contradiction(message: string, at: At, part: string, expected: string, found: string): Diagnostic {
  return diagnose('VNES2060', message, {
    place: { file: at.file, pointer: `${at.pointer}${part}` },
    expected,
    found,
  });
}
