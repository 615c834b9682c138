import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { makeFolder, writeAtomically } from '../../base/write-file.ts';
import type { Signer } from '../signer.ts';
import { minisignSignature } from './minisign.ts';
import { sshSignature } from './ssh.ts';

/**
 * The folder for detached signatures, made if it is missing. @throws Failure VNES2054 when it lies in one of the capsules, which
 * would then hold files that their receipts do not list; VNES1012.
 */
export function detachedFolder(folder: string, capsules: readonly string[]): string {
  const real = realFolder(folder);
  const inside = capsules.find(capsule => {
    const within = path.relative(realpathSync(capsule), real);
    return (
      within === '' || !(within === '..' || within.startsWith(`..${path.sep}`) || path.isAbsolute(within))
    );
  });
  if (inside !== undefined) {
    fail('VNES2054', 'detached signatures cannot lie in the capsule that they are about', {
      place: { file: folder },
      expected: `a folder outside of ${inside}`,
      found: folder,
    });
  }
  makeFolder(real);
  return real;
}

/** Where a folder lies that need not be there yet. */
function realFolder(folder: string): string {
  return existsSync(folder)
    ? realpathSync(folder)
    : path.join(realFolder(path.dirname(folder)), path.basename(folder));
}

/** Writes the signatures of a receipt's bytes for `ssh-keygen -Y verify` and `minisign -V`; returns their paths. */
export async function writeDetached(
  folder: string,
  capsule: string,
  receipt: Uint8Array,
  signer: Signer,
): Promise<readonly string[]> {
  const signatures = {
    sshsig: await sshSignature(signer, receipt),
    minisig: await minisignSignature(signer, receipt, `receipt of ${capsule}`),
  };
  return Object.entries(signatures).map(([kind, text]) => {
    const file = path.join(folder, `${capsule}.${kind}`);
    writeAtomically(file, text);
    return file;
  });
}
