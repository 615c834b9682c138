import { fail } from '../base/diagnostic.ts';
import { sha256 } from '../base/digest.ts';
import { LIMITS } from '../base/limits.ts';
import { compareUtf8 } from '../base/order.ts';
import { capsuleName, type Manifest } from '../capsule/manifest.ts';
import { MANIFEST_FILE } from '../capsule/tree.ts';
import type { Code, Granted } from '../sandbox/contract.ts';
import { isLoaded, parseEntry } from '../sandbox/python/entry.ts';
import { askedFiles, grantName } from './grant-names.ts';

/** A capsule's files, wherever they come from. */
export interface CapsuleFiles {
  readonly manifest: Manifest;
  readonly paths: readonly string[];
  read(path: string): Uint8Array;
}

/** What a capsule's code is. A component goes before a native program, and that before Python sources. */
export function languageOf({ interfaces }: Pick<Manifest, 'interfaces'>): Code['language'] {
  const languages = ['wasm', 'native', 'python'] as const;
  return languages.find(language => interfaces?.[language] !== undefined) ?? 'wasm';
}

/** Whether Python sources ask for the system's interpreter, which promises less than the one that vnes brings. */
export function usesSystem({ runtime }: Pick<Manifest, 'runtime'>): boolean {
  return runtime?.interpreter === 'system';
}

/** Whether its code runs beside the sandbox, in a process or a machine of its own. */
export function isBeside(manifest: Pick<Manifest, 'interfaces' | 'runtime'>): boolean {
  const language = languageOf(manifest);
  return language === 'native' || (language === 'python' && usesSystem(manifest));
}

/** Paths of the files that the code of a capsule consists of. */
export function codePaths(manifest: Manifest, paths: readonly string[]): string[] {
  const language = languageOf(manifest);
  if (language === 'python') return paths.filter(isLoaded).sort(compareUtf8);
  const path = manifest.interfaces?.[language];
  return path === undefined ? [] : [path];
}

/** The code of a capsule that has passed admission. @throws Failure VNES5032, VNES5033 */
export function codeOf(capsule: CapsuleFiles): Code {
  const { manifest } = capsule;
  const language = languageOf(manifest);
  if (language === 'native')
    return { language, bytes: capsule.read(manifest.interfaces!.native!), ...grantsOf(capsule) };
  if (language === 'python') {
    const entry = parseEntry(manifest.interfaces!.python!, { file: MANIFEST_FILE });
    const code = { language, entry, files: readAll(capsule) } as const;
    return usesSystem(manifest) ? { ...code, interpreter: 'system', ...grantsOf(capsule) } : code;
  }
  const bytes = capsule.read(manifest.interfaces!.wasm!);
  return { language: 'wasm', bytes, digest: sha256(bytes) };
}

/** The scratch space that it asks for, and the files of the machine, where they are there: they are looked for once it is to run. */
function grantsOf(capsule: CapsuleFiles): Granted {
  const names = askedFiles(capsule.manifest).filter(path => capsule.paths.includes(grantName(path)));
  const scratch = capsule.manifest.security?.resources?.scratch_mb;
  return {
    ...(names.length === 0
      ? {}
      : { granted: new Map(names.map(path => [path, capsule.read(grantName(path))])) }),
    ...(scratch === undefined ? {} : { scratchBytes: scratch * 1024 * 1024 }),
  };
}

function readAll(capsule: CapsuleFiles): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const path of codePaths(capsule.manifest, capsule.paths)) {
    const bytes = capsule.read(path);
    total += bytes.length;
    if (total > LIMITS.pythonTreeBytes) tooLarge(capsule.manifest);
    files.set(path, bytes);
  }
  return files;
}

function tooLarge(manifest: Manifest): never {
  fail('VNES5033', `${capsuleName(manifest)} brings more than an interpreter loads`, {
    place: { file: 'impl/' },
    expected: `at most ${LIMITS.pythonTreeBytes} bytes in impl/`,
    found: 'more',
    help: 'leave out what is not used, or keep it outside of impl/',
  });
}
