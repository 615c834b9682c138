import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { fail } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { errorCode } from '../base/system-error.ts';
import { capsuleName, type Manifest, type Resources } from '../capsule/manifest.ts';
import { MANIFEST_FILE } from '../capsule/tree.ts';
import { allowsScratch, refusedResources } from '../scheduler/placement.ts';
import type { LoadedCapsule } from './binding.ts';
import { askedFiles, grantName } from './grant-names.ts';

/**
 * The same capsule with the bytes of the files that it asks for, as they are now: they are inputs of the run, read once and recorded.
 * @param allowed files, and folders whose files, the user lets capsules read
 * @throws Failure VNES5012 where the zone that it was placed in gives none, VNES5013, VNES5014
 */
export function withGrants(capsule: LoadedCapsule, allowed: readonly string[]): LoadedCapsule {
  refuseZone(capsule);
  const asked = askedFiles(capsule.manifest);
  if (asked.length === 0) return capsule;
  const granted = new Map<string, Uint8Array>();
  let left = LIMITS.grantedBytes;
  for (const path of asked) {
    const bytes = readGranted(capsule, path, allowed, left);
    left -= bytes.length;
    granted.set(grantName(path), bytes);
  }
  return {
    ...capsule,
    paths: [...capsule.paths, ...granted.keys()],
    read: name => granted.get(name) ?? capsule.read(name),
  };
}

function refuseZone({ manifest, zone }: LoadedCapsule): void {
  const { resources = {} } = manifest.security ?? {};
  const scratch = resources.scratch_mb !== undefined && !allowsScratch(zone) ? ['scratch_mb'] : [];
  const [kind] = [...refusedResources(resources, zone), ...scratch];
  if (kind === undefined) return;
  fail('VNES5012', `${capsuleName(manifest)} asks for ${kind}, and this run puts it where there is none`, {
    place: { file: MANIFEST_FILE, pointer: `/security/resources/${kind}` },
    expected: `no ${kind} in the zone ${zone}`,
    found: String(resources[kind as keyof Resources]),
    help: 'run it in a zone that you trust further, if that is how far you trust it',
  });
}

function readGranted(
  { manifest }: LoadedCapsule,
  path: string,
  allowed: readonly string[],
  most: number,
): Uint8Array {
  const real = realPath(path) ?? unreadable(manifest, path, 'nothing that can be read');
  if (!allowed.some(each => isWithin(real, realPath(each)))) notAllowed(manifest, path, real);
  const bytes = readPlainFile(real, most);
  return typeof bytes === 'string' ? unreadable(manifest, path, bytes) : bytes;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isWithin(file: string, folder: string | undefined): boolean {
  return folder !== undefined && (file === folder || file.startsWith(folder === '/' ? '/' : `${folder}/`));
}

/** The bytes of a file, or what it is instead. */
function readPlainFile(path: string, most: number): Uint8Array | string {
  let file: number | undefined;
  try {
    // To open what is none could wait for ever.
    if (!statSync(path).isFile()) return 'no plain file';
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const { size } = fstatSync(file);
    return size > most ? `${size} bytes` : readAll(file, most);
  } catch (error) {
    return errorCode(error) ?? 'nothing that can be read';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** A file may have grown since it was asked for its size. */
function readAll(file: number, most: number): Uint8Array | string {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = new Uint8Array(65_536);
    const count = readSync(file, chunk);
    if (count === 0) return Buffer.concat(chunks);
    size += count;
    if (size > most) return `more than ${most} bytes`;
    chunks.push(chunk.subarray(0, count));
  }
}

function notAllowed(manifest: Manifest, path: string, real: string): never {
  return fail(
    'VNES5013',
    `${capsuleName(manifest)} asks for a file that this run does not give to capsules`,
    {
      place: { file: MANIFEST_FILE, pointer: '/security/resources/files' },
      expected: 'a file that --allow-file names, or one in a folder that it names',
      found: real === path ? path : `${path}, which is ${real}`,
      help: `if it may read that, and the recording may hold it, run it with --allow-file ${real}`,
    },
  );
}

function unreadable(manifest: Manifest, path: string, found: string): never {
  return fail('VNES5014', `a file cannot be given to ${capsuleName(manifest)}`, {
    place: { file: path },
    expected: `a file that can be read, and at most ${LIMITS.grantedBytes} bytes in all for a capsule`,
    found,
    help: 'give it as events, if it is larger',
  });
}
