import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fail } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';

export interface Asset {
  readonly name: string;
  readonly digest: Digest;
}

/** Files of the release, which are taken as they are in its package. */
export const INTERPRETER: Asset = {
  name: 'pyodide.asm.wasm',
  digest: 'sha256:a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f',
};
export const STDLIB: Asset = {
  name: 'python_stdlib.zip',
  digest: 'sha256:16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16',
};

/** Beside the bundle's chunk, a level above it, or in the sources with the package beside them. */
const FOLDERS = ['./', '../', '../../../node_modules/pyodide/'];

/** The bytes of a file of the release. @throws Failure VNES5030 when it is not there or not the one that it should be */
export function readAsset({ name, digest }: Asset): Uint8Array {
  const bytes = readBeside(name);
  const found = sha256(bytes);
  if (found === digest) return bytes;
  return fail('VNES5030', 'this installation of vnes has another Python than it was made with', {
    place: { file: name },
    expected: digest,
    found,
    help: 'install vnes again; no capsule code was run',
  });
}

/** A file that lies beside the program. @throws Failure VNES5030 */
export function readBeside(name: string): Uint8Array {
  for (const folder of FOLDERS) {
    const path = fileURLToPath(new URL(`${folder}${name}`, import.meta.url));
    if (existsSync(path)) return new Uint8Array(readFileSync(path));
  }
  return fail('VNES5030', 'this installation of vnes lacks its Python', {
    expected: `${name} beside the program`,
    found: 'no such file',
    help: 'install vnes again',
  });
}
