import { posix } from 'node:path';
import { LIMITS } from '../base/limits.ts';
import type { Manifest } from '../capsule/manifest.ts';

/** Sets the name of a file of the machine apart from those of a capsule's own, in which no colon can be. */
const OF_THE_HOST = 'host:';

/** The files of the machine that a manifest asks for. */
export function askedFiles({ security }: Pick<Manifest, 'security'>): readonly string[] {
  return security?.resources?.files ?? [];
}

/** The name by which the bytes of a granted file are read and recorded. */
export function grantName(path: string): string {
  return OF_THE_HOST + path;
}

export function isGrant(name: string): boolean {
  return name.startsWith(OF_THE_HOST);
}

/** Whether a manifest may name this file: there is one way to write it, and it does not depend on where vnes was started. */
export function isPlainPath(path: string): boolean {
  return posix.isAbsolute(path) && posix.normalize(path) === path && !path.endsWith('/') && isPrintable(path);
}

function isPrintable(path: string): boolean {
  return path.isWellFormed() && !/\p{Cc}/u.test(path) && Buffer.byteLength(path) <= LIMITS.grantPathBytes;
}
