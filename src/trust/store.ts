import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, fail } from '../base/diagnostic.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import type { Ports } from '../base/ports.ts';
import { refuseViolations } from '../base/schema.ts';
import { type TrustDocument, validateTrust } from '../generated/trust.js';
import type { GovernanceOptions } from './governance.ts';
import type { PolicyTrust } from './policy/model.ts';
import { PublicKey } from './public-key.ts';
import { rootKeys } from './root/keys.ts';
import type { RootTrust } from './root/model.ts';
import { isRoot } from './root/shape.ts';
import { isGoverned, trustPlaces } from './trust-places.ts';
import { readSource, type TrustSource } from './trust-source.ts';
import type { WaiverTrust } from './waivers/model.ts';

export interface TrustedKey {
  readonly name: string;
  readonly key: PublicKey;
  /** Namespaces that it may sign for (trust/namespace.ts). */
  readonly namespaces: readonly string[];
}

/** The keys that count, and the files that say so. */
export interface TrustStore {
  /** What is asked of capsules besides signatures. Absent where there is no policy. */
  readonly policy?: PolicyTrust | undefined;
  /** What is let pass. Absent where there are no waivers. */
  readonly waivers?: WaiverTrust | undefined;
  readonly keys: readonly TrustedKey[];
  readonly files: readonly string[];
  /** The trust root that decides, if it is one and not a list of keys. Its roles say who may sign what. */
  readonly root?: RootTrust;
  /** Why nothing of this counts. Then there are no keys. */
  readonly problems?: readonly Diagnostic[];
}

export interface TrustOptions extends GovernanceOptions {
  /** A trust file that replaces the user's and the repository's. */
  readonly file?: string | undefined;
  /** The capsule folders under test. A trust file inside one of them vouches for nothing: it is part of what is to be proven. */
  readonly capsules: readonly string[];
  /** The repository's trust file as it stands in a commit, instead of the one on disk; null when that commit has none. */
  readonly repository?: TrustSource | null | undefined;
  /** Milliseconds since 1970 to hold expiry against; by default the time of the clock. */
  readonly now?: number | undefined;
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
 * Who is trusted: the given file alone; or the repository's trust root alone; or the user's own keys and the repository's list of
 * keys, added up. No file at all is an empty store, under which no capsule is admitted. And what is asked of capsules there, and what
 * is let pass: by the files beside.
 * @throws Failure VNES1010 when a given file cannot be read; VNES10xx, VNES2033, VNES2040 and VNES2060 for a bad trust file; what
 *   governance.ts throws for a bad policy or bad waivers.
 */
export async function loadTrust(options: TrustOptions, ports: Ports): Promise<TrustStore> {
  const { store, places } = await whoIsTrusted(options, ports);
  const asked = governed(options, places, ports.env.cwd);
  if (!asked && store.root?.document.signed.policy === undefined) return store;
  const { loadGovernance } = await import('./governance.ts');
  return { ...store, ...(await loadGovernance(options, places, store.root, ports.env.cwd)) };
}

interface Trusted {
  readonly store: TrustStore;
  /** Trust files, or where they could be: what lies beside them governs too. None for bytes out of a commit. */
  readonly places: readonly string[];
}

async function whoIsTrusted(options: TrustOptions, ports: Ports): Promise<Trusted> {
  const roots = path.join(configFolder(ports), 'roots');
  const context = { roots, now: options.now ?? ports.clock.now() };
  if (options.file !== undefined) {
    const file = path.resolve(ports.env.cwd, options.file);
    return { store: await trustOf(parsed(readSource(file)), [], context), places: [file] };
  }
  const user = userTrustFile(ports);
  const own = existsSync(user) ? [keyList(parsed(readSource(user)))] : [];
  if (options.repository)
    return { store: await trustOf(parsed(options.repository), own, context), places: [] };
  if (options.repository === null) return { store: listStore(own), places: [] };
  const places = trustPlaces(options.capsules, ports.env.cwd);
  const documents = places.filter(place => existsSync(place)).map(place => parsed(readSource(place)));
  // The outermost root decides: a list that somebody puts below it must not take its place.
  const root = documents.findLast(({ value }) => isRoot(value));
  if (root) return { store: await trustOf(root, own, context), places: [root.file] };
  const lists = documents.slice(0, 1).map(keyList);
  const gone = await replaced(trustPlaces([], ports.env.cwd), context);
  return { store: gone ?? listStore([...own, ...lists]), places };
}

/** Whether there is a policy or a waiver to load; most runs have none, and load nothing for it. */
function governed(
  { policy, waivers, beside }: TrustOptions,
  places: readonly string[],
  cwd: string,
): boolean {
  const named = [policy, waivers, beside?.policy, beside?.waivers].some(each => each !== undefined);
  return named || places.some(place => isGoverned(path.dirname(path.resolve(cwd, place))));
}

interface TrustContext {
  /** The folder of what was seen before. */
  readonly roots: string;
  readonly now: number;
}

interface ParsedSource extends TrustSource {
  readonly value: JsonValue;
}

interface KeyList {
  readonly file: string;
  readonly keys: readonly TrustedKey[];
}

async function trustOf(
  document: ParsedSource,
  own: readonly KeyList[],
  context: TrustContext,
): Promise<TrustStore> {
  const { file, place } = document;
  if (!isRoot(document.value)) {
    const list = keyList(document);
    const bad = place === undefined ? undefined : await replaced([place], context);
    return bad ? { ...bad, files: [file] } : listStore([...own, list]);
  }
  const { loadRoot } = await import('./root/load.ts');
  // Of a commit that was named, nothing is remembered: the one that is being made may be newer than its base.
  const memory = place === undefined ? undefined : { folder: context.roots, place };
  const root = loadRoot(document, { now: context.now, memory });
  const { problems } = root;
  return { files: [file], root, problems, keys: problems.length > 0 ? [] : rootKeys(root.document.signed) };
}

function listStore(lists: readonly KeyList[]): TrustStore {
  return { files: lists.map(({ file }) => file), keys: merge(lists.map(({ keys }) => keys)) };
}

/** An empty store when a root is known to have been where now there is none. */
async function replaced(places: readonly string[], { roots }: TrustContext): Promise<TrustStore | undefined> {
  if (!existsSync(roots)) return undefined;
  const { replacementProblems } = await import('./root/seen.ts');
  const problems = places.flatMap(place => replacementProblems(undefined, { folder: roots, place }));
  return problems.length > 0 ? { files: [], keys: [], problems } : undefined;
}

function parsed(source: TrustSource): ParsedSource {
  return { ...source, value: parseJson(source.bytes, { file: source.file }) };
}

/** The keys of one trust file. @throws Failure VNES1010, VNES10xx, VNES2033, VNES2040 */
export function readTrustFile(file: string): readonly TrustedKey[] {
  return keyList(parsed(readSource(file))).keys;
}

function keyList({ file, bytes, value }: ParsedSource): KeyList {
  refuseViolations(validateTrust(value), { file, bytes });
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
  return { file, keys };
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
