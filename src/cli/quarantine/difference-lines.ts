import type { Difference, FileChange } from '../../kernel/quarantine/difference.ts';
import type { ManifestChange } from '../../kernel/quarantine/manifest-difference.ts';
import type { SignerChange } from '../../kernel/quarantine/signer-difference.ts';
import type { ReceiptSigner } from '../../trust/receipt-signers.ts';
import type { Paint } from '../command.ts';
import { indent, type Line } from './line.ts';

const CHANGES: Readonly<Record<FileChange['change'] | SignerChange['change'], keyof Paint>> = {
  added: 'good',
  removed: 'bad',
  changed: 'warn',
  mode: 'warn',
  same: 'dim',
};
const WIDTH = Math.max(...Object.keys(CHANGES).map(word => word.length));
const PATCH: Readonly<Record<string, keyof Paint>> = { '+': 'good', '-': 'bad', '@': 'accent' };
/** Characters of a key id that tell it from others. */
const KEY_SHOWN = 16;

/** The files that differ, small texts line by line. */
export function fileLines({ files }: Pick<Difference, 'files'>): readonly Line[] {
  return files.length === 0 ? [['no file differs']] : files.flatMap(fileChange);
}

function fileChange({ path, change, before, after, patch }: FileChange): readonly Line[] {
  const { lines = [], unshown } = patch;
  return [
    [word(change), ' ', ['bold', path], ' ', ['dim', sizes(before, after)]],
    ...indent([
      ...lines.map(line => [PATCH[line[0] ?? ''] ? [PATCH[line[0]!]!, line] : line] as Line),
      ...(unshown === undefined ? [] : [[['dim', `not shown line by line: ${unshown}`]] as Line]),
    ]),
  ];
}

function sizes(before: FileChange['before'], after: FileChange['after']): string {
  const mode = before && after && before.mode !== after.mode ? `, mode ${before.mode} -> ${after.mode}` : '';
  if (before && after && before.size !== after.size) return `${before.size} -> ${after.size} bytes${mode}`;
  return `${(after ?? before)!.size} bytes${mode}`;
}

/** The fields of the manifest that differ. */
export function manifestLines({ manifest }: Pick<Difference, 'manifest'>): readonly Line[] {
  return manifest.length === 0 ? [['no field of the manifest differs']] : manifest.flatMap(field);
}

function field({ pointer, before, after }: ManifestChange): readonly Line[] {
  return [
    [['bold', pointer === '' ? 'the whole manifest' : pointer]],
    ...indent([
      ['- ', before === undefined ? ['dim', 'nothing'] : ['bad', JSON.stringify(before)]],
      ['+ ', after === undefined ? ['dim', 'nothing'] : ['good', JSON.stringify(after)]],
    ]),
  ];
}

/** Who signed before, and who signs now. */
export function signerLines({ signers }: Pick<Difference, 'signers'>): readonly Line[] {
  return signers.length === 0 ? [['nobody signed, neither before nor now']] : signers.flatMap(signer);
}

function signer({ key, change, before, after }: SignerChange): readonly Line[] {
  const name = after?.name ?? before?.name ?? 'somebody unknown';
  const shown = key.length > KEY_SHOWN ? `${key.slice(0, KEY_SHOWN)}...` : key;
  return [
    [word(change), ' ', ['bold', name], ' ', ['dim', `key ${shown}`]],
    ...indent([
      ...(before && change !== 'same' ? [['before: ', ...state(before)] as Line] : []),
      ...(after ? [['now: ', ...state(after)] as Line] : []),
    ]),
  ];
}

const STATES: Readonly<Record<ReceiptSigner['state'], Line>> = {
  holds: [['good', 'the signature holds']],
  revoked: [['bad', 'the signature holds under a revoked key']],
  broken: [['bad', 'the signature does not hold']],
  unknown: [['warn', 'a key that is not trusted here']],
  unsafe: [['bad', 'no signature that may be verified']],
};

function state({ state: found, roles }: ReceiptSigner): Line {
  return [...STATES[found], roles.length > 0 ? `, for ${roles.join(', ')}` : ', for nothing'];
}

function word(change: keyof typeof CHANGES): readonly [keyof Paint, string] {
  return [CHANGES[change], change.padEnd(WIDTH)];
}
