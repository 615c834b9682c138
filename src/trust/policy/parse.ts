import { canonicalBytes } from '../../base/canonical.ts';
import { type Diagnostic, diagnose, Failure } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import type { JsonValue } from '../../base/json.ts';
import { refuseViolations } from '../../base/schema.ts';
import { validatePolicy } from '../../generated/policy.js';
import type { PolicyDocument, PolicyRule } from './model.ts';

/** The digest by which a trust root pins a policy: SHA-256 of its canonical JSON, so that its layout is free. */
export function policyDigest(value: JsonValue): Digest {
  return sha256(canonicalBytes(value));
}

/**
 * A policy from its parsed JSON; `bytes` show where a violation stands.
 * @throws Failure VNES1011 for what the schema refuses, VNES3004 for contradictions.
 */
export function parsePolicy(value: JsonValue, bytes: Uint8Array, file: string): PolicyDocument {
  refuseViolations(validatePolicy(value), { file, bytes });
  const document = value as unknown as PolicyDocument;
  const [first, ...more] = contradictions(document, file);
  if (first) throw new Failure(first, ...more);
  return document;
}

/** What the schema cannot say. */
function contradictions({ rules }: PolicyDocument, file: string): readonly Diagnostic[] {
  return [
    ...twice(
      rules.map(({ id }) => id),
      'the policy names one rule twice',
      file,
      '/rules',
    ),
    ...rules.flatMap((rule, index) => ruleProblems(rule, file, `/rules/${index}`)),
  ];
}

function ruleProblems({ id, scopes, demand, expression }: PolicyRule, file: string, at: string) {
  const empty = demand === undefined && expression === undefined;
  const idle = contradiction(
    `the rule ${id} asks for nothing`,
    'a demand, an expression, or both',
    'neither',
    {
      file,
      pointer: at,
    },
  );
  const namespaces = scopes.map(({ namespace }) => namespace);
  return [
    ...(empty ? [idle] : []),
    ...twice(namespaces, `the rule ${id} has two scopes for one namespace`, file, `${at}/scopes`),
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
  return diagnose('VNES3004', message, { place, expected, found });
}
