import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../../base/canonical.ts';
import { Failure } from '../../base/diagnostic.ts';
import { type Digest, isDigest, sha256 } from '../../base/digest.ts';
import { type JsonValue, parseJson } from '../../base/json.ts';
import { makeFolders } from '../../base/write-file.ts';
import type { Linking } from './link/linking.ts';
import type { Program } from './program.ts';

/**
 * The cached translation, or undefined. Every file is checked against the entry's index, so damage makes an entry
 * disappear and never changes what runs. The cache lies in the user's own folder and is as trusted as that folder.
 */
export function readCached(cacheDir: string, key: Digest): Program | undefined {
  const folder = entryFolder(cacheDir, key);
  try {
    const index = parseJson(readFileSync(join(folder, 'index.json')));
    if (!isIndex(index)) return undefined;
    return toProgram(
      Object.entries(index).map(([name, digest]) => [name, readChecked(folder, name, digest)] as const),
    );
  } catch (error) {
    if (error instanceof Failure || error instanceof Damaged || isFileError(error)) return undefined;
    throw error;
  }
}

/** Writes an entry beside its place and renames it there. A cache that cannot be written is no error: it only saves time. */
export function writeCached(cacheDir: string, key: Digest, program: Program): void {
  try {
    makeFolders(cacheDir);
    const draft = mkdtempSync(join(cacheDir, 'draft-'));
    try {
      fill(draft, program);
      rmSync(entryFolder(cacheDir, key), { recursive: true, force: true });
      renameSync(draft, entryFolder(cacheDir, key));
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  } catch (error) {
    if (!isFileError(error)) throw error;
  }
}

/** A program has its linking or its glue, and its core modules. */
function toProgram(files: readonly (readonly [name: string, bytes: Uint8Array])[]): Program | undefined {
  const bytesOf = (wanted: string) => files.find(([name]) => name === wanted)?.[1];
  const cores = Object.fromEntries(files.filter(([name]) => name !== SOURCE && name !== LINKING));
  const linking = bytesOf(LINKING);
  if (linking) return { linking: parseJson(linking) as unknown as Linking, cores };
  const source = bytesOf(SOURCE);
  return source && { source: Buffer.from(source).toString('utf8'), cores };
}

function fill(draft: string, program: Program): void {
  const [name, text] =
    'linking' in program
      ? [LINKING, canonicalJson(program.linking as unknown as JsonValue)]
      : [SOURCE, program.source];
  const files: Record<string, Uint8Array> = { [name]: Buffer.from(text), ...program.cores };
  const index: Record<string, Digest> = {};
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(draft, name), bytes);
    index[name] = sha256(bytes);
  }
  writeFileSync(join(draft, 'index.json'), JSON.stringify(index));
}

const SOURCE = 'component.js';
const LINKING = 'component.json';
const FILE_NAME = /^component(?:\.core[0-9]*\.wasm|\.js|\.json)$/;

class Damaged extends Error {}

function entryFolder(cacheDir: string, key: Digest): string {
  return join(cacheDir, key.replace(':', '-'));
}

function readChecked(folder: string, name: string, digest: Digest): Uint8Array {
  const bytes = readFileSync(join(folder, name));
  if (sha256(bytes) !== digest) throw new Damaged();
  return new Uint8Array(bytes);
}

function isIndex(value: unknown): value is Record<string, Digest> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([name, digest]) => FILE_NAME.test(name) && isDigest(digest));
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}
