import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { Failure, fail } from '../base/diagnostic.ts';
import { decodeUtf8, parseJson } from '../base/json.ts';
import type { Ports } from '../base/ports.ts';
import { schemaDiagnostics } from '../base/schema.ts';
import { type TrustDocument, validateTrust } from '../generated/trust.js';
import { PublicKey } from './public-key.ts';

/** A repository's trust file. */
export const TRUST_FILE = 'vnes.trust.json';

export interface TrustedKey {
  readonly name: string;
  readonly key: PublicKey;
  /** Namespaces that it may sign for (trust/namespace.ts). */
  readonly namespaces: readonly string[];
}

/** The keys that count, and the files that say so. */
export interface TrustStore {
  readonly keys: readonly TrustedKey[];
  readonly files: readonly string[];
}

export interface TrustOptions {
  /** A trust file that replaces the user's and the repository's. */
  readonly file?: string | undefined;
  /** The capsule folders under test. A trust file inside one of them vouches for nothing: it is part of what is to be proven. */
  readonly capsules: readonly string[];
}

/** The user's vnes folder: `$XDG_CONFIG_HOME/vnes`, by default `~/.config/vnes`. */
export function configFolder({ env }: Ports): string {
  const base = env.get('XDG_CONFIG_HOME');
  return path.join(base && path.isAbsolute(base) ? base : path.join(env.home, '.config'), 'vnes');
}

/** The user's own trust file. */
export function userTrustFile(ports: Ports): string {
  return path.join(configFolder(ports), 'trust.json');
}

/**
 * Who is trusted: the user's own file and the repository's, or the given file alone. No file at all is an empty store, under
 * which no capsule is admitted.
 * @throws Failure VNES1010 when the given file cannot be read; VNES10xx, VNES2033 and VNES2040 for a bad file.
 */
export function loadTrust(options: TrustOptions, ports: Ports): TrustStore {
  const files =
    options.file === undefined
      ? ownFiles(options.capsules, ports)
      : [path.resolve(ports.env.cwd, options.file)];
  return { files, keys: merge(files.map(readTrustFile)) };
}

function ownFiles(capsules: readonly string[], ports: Ports): string[] {
  const user = userTrustFile(ports);
  const repository = findRepositoryFile(capsules, ports.env.cwd);
  return [...(existsSync(user) ? [user] : []), ...(repository === undefined ? [] : [repository])];
}

/** The nearest trust file from the current folder up to the repository's top, outside of the capsules under test. */
function findRepositoryFile(capsules: readonly string[], cwd: string): string | undefined {
  const excluded = capsules.map(capsule => realPath(path.resolve(cwd, capsule)));
  for (let folder = realPath(cwd); ; folder = path.dirname(folder)) {
    const file = path.join(folder, TRUST_FILE);
    const inside = excluded.some(capsule => folder === capsule || folder.startsWith(capsule + path.sep));
    if (!inside && existsSync(file) && !anyoneWrites(folder)) return file;
    if (existsSync(path.join(folder, '.git')) || path.dirname(folder) === folder) return undefined;
  }
}

/** In a folder like /tmp, anybody could have put a trust file. */
function anyoneWrites(folder: string): boolean {
  return (statSync(folder).mode & 0o002) !== 0;
}

function realPath(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : folder;
}

/** The keys of one trust file. @throws Failure VNES1010, VNES10xx, VNES2033, VNES2040 */
export function readTrustFile(file: string): readonly TrustedKey[] {
  const bytes = readFile(file);
  const value = parseJson(bytes, { file });
  const errors = validateTrust(value);
  if (errors.length > 0) {
    const [first, ...more] = schemaDiagnostics(errors, { file, text: decodeUtf8(bytes, file) });
    throw new Failure(first!, ...more);
  }
  const keys = (value as unknown as TrustDocument).keys.map((entry, index) => ({
    name: entry.name,
    namespaces: entry.namespaces,
    key: PublicKey.fromBase64(entry.public_key, { file, pointer: `/keys/${index}/public_key` }),
  }));
  refuseTwice(
    keys.map(entry => entry.name),
    'name',
    file,
  );
  refuseTwice(
    keys.map(entry => entry.key.base64),
    'public_key',
    file,
  );
  return keys;
}

function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const found = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    return fail('VNES1010', 'the trust file cannot be read', {
      place: { file },
      expected: 'a readable file',
      found,
    });
  }
}

function refuseTwice(values: readonly string[], field: string, file: string): void {
  const index = values.findIndex((value, at) => values.indexOf(value) !== at);
  if (index < 0) return;
  fail('VNES2040', `the trust file has two keys of one ${field}`, {
    place: { file, pointer: `/keys/${index}/${field}` },
    expected: `each ${field} once`,
    found: values[index],
  });
}

/** One entry a public key, however many files name it: signers are counted by their keys. */
function merge(files: readonly (readonly TrustedKey[])[]): readonly TrustedKey[] {
  const keys = new Map<string, TrustedKey>();
  for (const entry of files.flat()) {
    const known = keys.get(entry.key.base64);
    const namespaces = [...new Set([...(known?.namespaces ?? []), ...entry.namespaces])];
    keys.set(entry.key.base64, { ...(known ?? entry), namespaces });
  }
  return [...keys.values()];
}
