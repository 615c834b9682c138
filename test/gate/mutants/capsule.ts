import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What lies at a path of a capsule. */
export type Entry =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
  /** A second name of a file outside of the capsule that holds these bytes. */
  | { readonly kind: 'hard link'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'fifo' }
  | { readonly kind: 'folder' };

/** A capsule and the trust file it is judged by. Paths are written one character a byte, so any name can be. */
export interface Subject {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly trust: string;
  /** The policy and the waivers beside the trust file. */
  readonly policy?: Buffer | undefined;
  readonly waivers?: Buffer | undefined;
}

export const RECEIPT = 'receipt.stunir.json';

/** A path as {@link Subject} writes it. */
export function pathOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function file(bytes: string | Uint8Array, mode = 0o644): Entry {
  return { kind: 'file', bytes: Buffer.from(bytes as Uint8Array), mode };
}

export function receiptOf({ entries }: Subject): string {
  const entry = entries.get(RECEIPT);
  return entry?.kind === 'file' ? entry.bytes.toString('utf8') : '';
}

/** The same subject with other entries; `undefined` takes one away. */
export function having(subject: Subject, changes: Readonly<Record<string, Entry | undefined>>): Subject {
  const entries = new Map(subject.entries);
  for (const [name, entry] of Object.entries(changes)) {
    if (entry) entries.set(name, entry);
    else entries.delete(name);
  }
  return { ...subject, entries };
}

/** Writes a subject below `root`, into a folder of its own. */
export function write(subject: Subject, root: string): { readonly folder: string; readonly trust: string } {
  const home = mkdtempSync(path.join(root, 'm-'));
  const folder = path.join(home, 'capsule');
  mkdirSync(folder);
  for (const [name, entry] of subject.entries) put(home, `${folder}/`, name, entry);
  const trust = path.join(home, 'trust.json');
  writeFileSync(trust, subject.trust);
  if (subject.policy) writeFileSync(path.join(home, 'vnes.policy.json'), subject.policy);
  if (subject.waivers) writeFileSync(path.join(home, 'vnes.waivers.json'), subject.waivers);
  return { folder, trust };
}

export function remove(folder: string): void {
  rmSync(path.dirname(folder), { recursive: true });
}

function put(home: string, root: string, name: string, entry: Entry): void {
  const place = at(root, name);
  mkdirSync(at(root, entry.kind === 'folder' ? name : path.posix.dirname(name)), { recursive: true });
  switch (entry.kind) {
    case 'folder':
      return;
    case 'link':
      symlinkSync(entry.target, place);
      return;
    case 'fifo':
      execFileSync('mkfifo', [path.join(root, name)]);
      return;
    case 'hard link': {
      const outside = path.join(home, createHash('sha256').update(name).digest('hex'));
      writeFileSync(outside, entry.bytes);
      chmodSync(outside, entry.mode);
      linkSync(outside, place);
      return;
    }
    case 'file':
      writeFileSync(place, entry.bytes);
      if (entry.mode !== 0o644) chmodSync(place, entry.mode);
  }
}

function at(root: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(root), Buffer.from(name, 'latin1')]);
}
