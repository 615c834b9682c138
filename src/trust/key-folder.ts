import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../base/diagnostic.ts';
import { compareUtf8 } from '../base/order.ts';
import type { Ports } from '../base/ports.ts';
import { makeFolder, writeAtomically, writeNew } from '../base/write-file.ts';
import { NEW_KEY_NAMESPACES } from './namespace.ts';
import { createKeyPem, isEncrypted, openKeyPem, type SigningKey } from './private-key.ts';
import type { PublicKey } from './public-key.ts';
import { isPublicKeyText, parsePublicKey } from './public-key-text.ts';
import { configFolder, readTrustFile, type TrustedKey, userTrustFile } from './store.ts';

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const PRIVATE = '.key.pem';
const PUBLIC = '.pub.pem';

export interface StoredKey {
  readonly name: string;
  readonly public: PublicKey;
  readonly privateFile: string;
  readonly publicFile: string;
}

export interface PrivateKeyFile {
  readonly file: string;
  readonly text: string;
  readonly encrypted: boolean;
}

/**
 * Makes a key pair in the user's folder (`<config>/keys`, closed to others) and trusts it on this machine for
 * {@link NEW_KEY_NAMESPACES}.
 * @throws Failure VNES2030 when the name is taken, VNES2035 when it is no name, VNES1012 when the folder cannot be written.
 */
export function createKey(name: string, passphrase: string | undefined, ports: Ports): StoredKey {
  refuseTakenName(name, ports);
  const text = createKeyPem(ports.entropy, passphrase);
  const { public: publicKey } = openKeyPem(text, passphrase, privateFile(name, ports));
  makeFolder(keyFolder(ports), 0o700);
  writeNew(privateFile(name, ports), text, 0o600);
  writeNew(publicFile(name, ports), publicKey.pem);
  const entry = { name, key: publicKey, namespaces: NEW_KEY_NAMESPACES };
  try {
    writeAtomically(userTrustFile(ports), trustText([...trustedByUser(ports), entry]), 0o600);
  } catch (error) {
    // A key that nobody trusts would keep its name taken.
    for (const file of [privateFile(name, ports), publicFile(name, ports)]) rmSync(file, { force: true });
    throw error;
  }
  return {
    name,
    public: publicKey,
    privateFile: privateFile(name, ports),
    publicFile: publicFile(name, ports),
  };
}

/** The keys in the user's folder, by name. @throws Failure VNES2033 for a damaged public half. */
export function listKeys(ports: Ports): readonly StoredKey[] {
  const folder = keyFolder(ports);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder)
    .filter(file => file.endsWith(PUBLIC))
    .map(file => file.slice(0, -PUBLIC.length));
  return names.sort(compareUtf8).map(name => {
    const file = publicFile(name, ports);
    return { name, public: readPublicFile(file), privateFile: privateFile(name, ports), publicFile: file };
  });
}

/** One key of the user's folder. @throws Failure VNES2031 */
export function findKey(name: string, ports: Ports): StoredKey {
  const keys = listKeys(ports);
  return keys.find(key => key.name === name) ?? noSuchKey(name, keys);
}

/**
 * The private key to sign with: by name, by the path of a PEM file, or without either the one named `default` or the only one.
 * @throws Failure VNES2031
 */
export function readPrivateKey(nameOrFile: string | undefined, ports: Ports): PrivateKeyFile {
  const file = chooseFile(nameOrFile, ports);
  const text = readText(file);
  return { file, text, encrypted: isEncrypted(text) };
}

/** Opens what {@link readPrivateKey} read. @throws Failure VNES2032 */
export function openPrivateKey(key: PrivateKeyFile, passphrase: string | undefined): SigningKey {
  return openKeyPem(key.text, passphrase, key.file);
}

function chooseFile(nameOrFile: string | undefined, ports: Ports): string {
  const keys = listKeys(ports);
  if (nameOrFile !== undefined && NAME.test(nameOrFile) && keys.some(key => key.name === nameOrFile)) {
    return privateFile(nameOrFile, ports);
  }
  if (nameOrFile !== undefined) {
    const file = path.resolve(ports.env.cwd, nameOrFile);
    return existsSync(file) ? file : noSuchKey(nameOrFile, keys);
  }
  const chosen = keys.find(({ name }) => name === 'default') ?? (keys.length === 1 ? keys[0] : undefined);
  return chosen ? chosen.privateFile : noSuchKey('default', keys);
}

function noSuchKey(name: string, keys: readonly StoredKey[]): never {
  return fail('VNES2031', `there is no key ${JSON.stringify(name)}`, {
    expected:
      keys.length > 0
        ? `one of: ${keys.map(key => key.name).join(', ')}; or the path of a PEM file`
        : 'a key',
    found: keys.length > 0 ? JSON.stringify(name) : 'no keys at all',
    help: keys.length > 0 ? 'choose one with --key NAME' : 'vnes keys create',
  });
}

/** Refuses what cannot name a new key; a passphrase need not be asked for then. @throws Failure VNES2030, VNES2035 */
export function refuseTakenName(name: string, ports: Ports): void {
  if (!NAME.test(name)) {
    fail('VNES2035', 'the name of the key is not valid', {
      expected: 'a-z, 0-9, _ and -, at most 64 of them, beginning with a letter or digit',
      found: JSON.stringify(name),
    });
  }
  const taken = [privateFile(name, ports), publicFile(name, ports)].find(file => existsSync(file));
  if (taken === undefined && !trustedByUser(ports).some(entry => entry.name === name)) return;
  fail('VNES2030', `there is a key ${JSON.stringify(name)} already`, {
    place: { file: taken ?? userTrustFile(ports) },
    expected: 'a name that is free',
    found: taken === undefined ? 'a trusted key of this name' : 'a key file of this name',
    help: 'vnes keys create --name ANOTHER',
  });
}

function trustedByUser(ports: Ports): readonly TrustedKey[] {
  const file = userTrustFile(ports);
  return existsSync(file) ? readTrustFile(file) : [];
}

/** A trust file that names these keys. */
export function trustText(keys: readonly TrustedKey[]): string {
  const entries = keys.map(({ name, key, namespaces }) => ({ name, public_key: key.base64, namespaces }));
  return `${JSON.stringify({ version: 1, keys: entries }, undefined, 2)}\n`;
}

function readPublicFile(file: string): PublicKey {
  return parsePublicKey(readText(file), { file });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const found = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
    return fail('VNES1010', 'the key file cannot be read', {
      place: { file },
      expected: 'a readable file',
      found,
    });
  }
}

function keyFolder(ports: Ports): string {
  return path.join(configFolder(ports), 'keys');
}

function privateFile(name: string, ports: Ports): string {
  return path.join(keyFolder(ports), name + PRIVATE);
}

function publicFile(name: string, ports: Ports): string {
  return path.join(keyFolder(ports), name + PUBLIC);
}

/**
 * A public key as people name it: a key of their own by its name, a file, or the key itself in a form that a file may have.
 * @throws Failure VNES1010, VNES2033
 */
export function readPublicKey(text: string, ports: Ports): PublicKey {
  const own = NAME.test(text) ? publicFile(text, ports) : undefined;
  if (own !== undefined && existsSync(own)) return readPublicFile(own);
  return isPublicKeyText(text) ? parsePublicKey(text) : readPublicFile(path.resolve(ports.env.cwd, text));
}
