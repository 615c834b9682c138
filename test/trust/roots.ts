import { encodeBase64 } from '../../src/base/base64.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { parseJson } from '../../src/base/json.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { firstVersion, type NewRoot, nextVersion } from '../../src/trust/root/edit.ts';
import { rootMessage, rootText } from '../../src/trust/root/encode.ts';
import { loadRoot, type RootOptions } from '../../src/trust/root/load.ts';
import type { RootDocument, RootTrust, RootVersion, SignedRoot } from '../../src/trust/root/model.ts';
import { versionsOf } from '../../src/trust/root/parse.ts';
import { newKey } from './capsules.ts';

export const NOW = Date.UTC(2026, 5, 1);
export const KEYS = { ada: newKey(), bob: newKey(), cyd: newKey(), dan: newKey(), eve: newKey() } as const;
export type Name = keyof typeof KEYS;

/** A version's content, with the named principals and their one key each. */
export function rootOf(names: readonly Name[], threshold: number, change: Partial<NewRoot> = {}): SignedRoot {
  return firstVersion({
    name: 'acme',
    principals: names.map(name => ({ name, keys: [KEYS[name].public.base64] })),
    threshold,
    namespaces: ['user.ada.*'],
    require: ['build'],
    expires: '2027-01-01T00:00:00Z',
    ...change,
  });
}

/** A version signed by these keys. */
export function signed(root: SignedRoot, ...keys: readonly SigningKey[]): RootVersion {
  const signatures = keys.map(key => ({
    public_key: key.public.base64,
    sig: encodeBase64(key.sign(rootMessage(root))),
  }));
  return { signed: root, signatures };
}

/** The first version of a root. */
export function begun(version: RootVersion): RootDocument {
  return { ...version, former: [] };
}

/** A root with one more version, signed by these keys. */
export function continued(
  document: RootDocument,
  change: (signed: SignedRoot) => SignedRoot,
  ...keys: readonly SigningKey[]
): RootDocument {
  const next = change(nextVersion(document.signed));
  return { ...signed(next, ...keys), former: versionsOf(document) };
}

/** Reads a root as it would stand in a file. */
export function load(document: unknown, options: Partial<RootOptions> = {}): RootTrust {
  const bytes = Buffer.from(rootText(document as RootDocument));
  const value: JsonValue = parseJson(bytes);
  return loadRoot({ file: 'root.json', bytes, value }, { now: NOW, ...options });
}

/** The codes of what is wrong with a root, thrown or told. */
export function codesOf(document: unknown, options: Partial<RootOptions> = {}): readonly string[] {
  try {
    return load(document, options).problems.map(({ code }) => code);
  } catch (error) {
    const { diagnostics } = error as { readonly diagnostics?: readonly { readonly code: string }[] };
    if (!diagnostics) throw error;
    return diagnostics.map(({ code }) => code);
  }
}
