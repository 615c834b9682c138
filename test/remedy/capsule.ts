import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeBase64 } from '../../src/base/base64.ts';
import { type TreeFile, treeDigest } from '../../src/capsule/tree.ts';
import type { Repaired } from '../../src/registry/repair/repair.ts';
import { preAuthEncoding } from '../../src/trust/dsse.ts';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { signCapsule } from '../../src/trust/sign.ts';
import { makeCapsule, newKey } from '../trust/capsules.ts';
import { Workshop } from './workshop.ts';

const TYPE = 'application/vnd.in-toto+json';

/** A folder that holds a signed capsule, `counter`, and a trust file for its key. */
export async function signedShop(files: Readonly<Record<string, string>> = {}) {
  const capsule = makeCapsule(files);
  const shop = new Workshop(path.dirname(capsule));
  mkdirSync(shop.at('home'));
  const key = newKey();
  await signCapsule(capsule, 'counter', key, shop.ports);
  const trust = {
    version: 1,
    keys: [{ name: 'ada', public_key: key.public.base64, namespaces: ['user.*'] }],
  };
  writeFileSync(shop.at('trust.json'), JSON.stringify(trust));
  return { shop, key, at: (...names: string[]) => shop.at('counter', ...names) };
}

/** What `verify --fix` said, in short. */
export interface Fixed {
  readonly admitted: boolean;
  readonly codes: readonly string[];
  readonly did: readonly string[];
  readonly capsules: readonly Repaired[];
}

/** Runs `verify --fix` on a folder. Throws what the command throws. */
export async function fix(shop: Workshop, folder = 'counter', ...words: readonly string[]): Promise<Fixed> {
  const { data, diagnostics } = await shop.run([
    'verify',
    '--fix',
    '--trust',
    shop.at('trust.json'),
    ...words,
    folder,
  ]);
  const { verdicts, fix: done } = data as unknown as {
    readonly verdicts: readonly { readonly admitted: boolean }[];
    readonly fix?: { readonly capsules: readonly Repaired[] };
  };
  const capsules = done?.capsules ?? [];
  return {
    admitted: verdicts.every(({ admitted }) => admitted),
    codes: [...new Set(diagnostics.map(({ code }) => code))],
    did: capsules.flatMap(each => each.done.map(({ did, path: where }) => `${did}: ${where}`)),
    capsules,
  };
}

/** Writes a receipt that lists these files, signed by the key: what somebody with a trusted key could write by hand. */
export function sign(folder: string, key: SigningKey, files: readonly TreeFile[]): void {
  const receipt = path.join(folder, 'receipt.stunir.json');
  const statement = JSON.parse(
    Buffer.from(JSON.parse(readFileSync(receipt, 'utf8')).payload, 'base64').toString(),
  );
  statement.predicate.files = files;
  statement.subject[0].digest.sha256 = treeDigest(files).slice('sha256:'.length);
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = encodeBase64(key.sign(preAuthEncoding(TYPE, payload)));
  const signatures = [{ keyid: key.public.id, sig }];
  writeFileSync(receipt, JSON.stringify({ payload: encodeBase64(payload), payloadType: TYPE, signatures }));
}

/** The files that the receipt lists. */
export function listed(folder: string): TreeFile[] {
  const { payload } = JSON.parse(readFileSync(path.join(folder, 'receipt.stunir.json'), 'utf8'));
  return JSON.parse(Buffer.from(payload, 'base64').toString()).predicate.files;
}

/** Everything below a folder, in words that tell any two states apart. What git and vnes keep for themselves is left out. */
export function stateOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => !/(^|\/)\.(vnes|git)(\/|$)/.test(name))
    .sort()
    .map(name => {
      const place = path.join(folder, name);
      const { mode, nlink } = lstatSync(place);
      return `${name} ${mode.toString(8)} ${contentOf(place, mode & 0o170000, nlink)}`;
    });
}

function contentOf(place: string, kind: number, links: number): string {
  if (kind === 0o120000) return readlinkSync(place);
  if (kind !== 0o100000) return '';
  return `${links} ${createHash('sha256').update(readFileSync(place)).digest('hex')}`;
}

/** The contents that are kept in a store of what was removed. */
export function keptIn(folder: string): readonly string[] {
  return readdirSync(path.join(folder, '.vnes/removed'))
    .filter(name => /^[0-9a-f]{64}$/.test(name))
    .map(name => readFileSync(path.join(folder, '.vnes/removed', name), 'utf8'))
    .sort();
}
