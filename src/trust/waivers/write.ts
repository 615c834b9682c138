import { existsSync } from 'node:fs';
import { encodeBase64 } from '../../base/base64.ts';
import { fail } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { writeAtomically } from '../../base/write-file.ts';
import type { RootTrust } from '../root/model.ts';
import { type Tally, tally } from '../root/tally.ts';
import { type Signer, signatureBy } from '../signer.ts';
import { readSource } from '../trust-source.ts';
import { waiverMessage, waiversText } from './encode.ts';
import type { Waiver, WaiverEntry, WaiversDocument } from './model.ts';
import { parseWaivers } from './parse.ts';

/** The waivers of a file, or none where there is no file. @throws Failure VNES1010, VNES10xx, VNES2033, VNES3010 */
export function readWaivers(file: string): WaiversDocument {
  if (!existsSync(file)) return { version: 1, waivers: [] };
  const { bytes } = readSource(file, 'list of waivers');
  return parseWaivers(parseJson(bytes, { file }), bytes, file);
}

/** With one waiver more. @throws Failure VNES3013 when its id is taken */
export function withWaiver(document: WaiversDocument, waiver: Waiver, file: string): WaiversDocument {
  if (document.waivers.every(each => each.waiver.id !== waiver.id))
    return { ...document, waivers: [...document.waivers, { waiver, signatures: [] }] };
  return fail('VNES3013', `there is a waiver ${waiver.id} already`, {
    place: { file },
    expected: 'an id that no waiver has',
    found: waiver.id,
    help: `name another with --id; or sign that one: vnes waive --add ${waiver.id}`,
  });
}

/** The waiver of an id. @throws Failure VNES3013 */
export function waiverNamed({ waivers }: WaiversDocument, id: string, file: string): WaiverEntry {
  const found = waivers.find(({ waiver }) => waiver.id === id);
  if (found) return found;
  return fail('VNES3013', `there is no waiver ${id}`, {
    place: { file },
    expected: waivers.map(({ waiver }) => waiver.id).join(', ') || 'a waiver',
    found: id,
  });
}

/** With this signer's signature under a waiver. @throws Failure VNES3013 for one who may not waive this */
export async function signedWaiver(
  document: WaiversDocument,
  id: string,
  signer: Signer,
  root: RootTrust,
  file: string,
): Promise<WaiversDocument> {
  const { waiver, signatures } = waiverNamed(document, id, file);
  const public_key = signer.public.base64;
  const { counted, delegation } = waiveTally(waiver, [public_key], root);
  if (counted.length === 0) {
    fail('VNES3013', 'this key may not waive this', {
      place: { file },
      expected: delegation
        ? `a key of one of: ${delegation.principals.join(', ') || 'nobody'} (${delegation.namespace})`
        : `somebody with the role waive for ${scopeOf(waiver)}, which nobody has`,
      found: public_key,
      help: 'choose one with --key NAME; vnes trust show names those who may',
    });
  }
  const sig = encodeBase64(await signatureBy(signer, waiverMessage(waiver)));
  const entry = {
    waiver,
    signatures: [...signatures.filter(each => each.public_key !== public_key), { public_key, sig }],
  };
  return { ...document, waivers: document.waivers.map(each => (each.waiver === waiver ? entry : each)) };
}

/** How far a waiver is from what the root asks for. */
export function waiveTally(waiver: Waiver, keys: readonly string[], { document }: RootTrust): Tally {
  return tally(document.signed, 'waive', scopeOf(waiver), keys);
}

function scopeOf({ capsule, namespace }: Waiver): string {
  return capsule ?? namespace!;
}

/** Writes waivers, once they read as what they are. @throws Failure VNES1011, VNES3010, VNES1012 */
export function writeWaivers(file: string, document: WaiversDocument): void {
  const text = waiversText(document);
  const bytes = Buffer.from(text, 'utf8');
  parseWaivers(parseJson(bytes, { file }), bytes, file);
  writeAtomically(file, text);
}
