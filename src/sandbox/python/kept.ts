import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Digest, sha256 } from '../../base/digest.ts';
import { makeFolders } from '../../base/write-file.ts';

/**
 * Bytes of a known digest: from the cache, or made and put there. What lies in the cache is believed only when it has that digest, so
 * whoever can write there can cost time and nothing else. A cache that cannot be used is no error.
 */
export function kept(cacheDir: string | undefined, digest: Digest, make: () => Uint8Array): Uint8Array {
  const cached = cacheDir === undefined ? undefined : read(join(cacheDir, nameOf(digest)));
  if (cached && sha256(cached) === digest) return cached;
  const made = make();
  if (cacheDir !== undefined && sha256(made) === digest) write(cacheDir, nameOf(digest), made);
  return made;
}

function nameOf(digest: Digest): string {
  return `python-${digest.slice('sha256:'.length)}`;
}

function read(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** Written in a folder of its own and renamed, so that another start finds all of it or nothing. */
function write(cacheDir: string, name: string, bytes: Uint8Array): void {
  try {
    makeFolders(cacheDir);
    const draft = mkdtempSync(join(cacheDir, 'draft-'));
    try {
      writeFileSync(join(draft, name), bytes, { mode: 0o600 });
      renameSync(join(draft, name), join(cacheDir, name));
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
  }
}
