import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/** A repository's trust file. */
export const TRUST_FILE = 'vnes.trust.json';
/** Its policy, beside the trust file. */
export const POLICY_FILE = 'vnes.policy.json';
/** Its waivers, likewise. */
export const WAIVERS_FILE = 'vnes.waivers.json';

/**
 * Where a repository's trust file may lie, whether or not one does: in each folder from the current one up to the repository's top,
 * but not inside of the capsules under test, nor in a folder that everybody may write to. The nearest place comes first.
 */
export function trustPlaces(capsules: readonly string[], cwd: string): readonly string[] {
  const excluded = capsules.map(capsule => realPath(path.resolve(cwd, capsule)));
  const places: string[] = [];
  for (let folder = realPath(cwd); ; folder = path.dirname(folder)) {
    const inside = excluded.some(capsule => folder === capsule || folder.startsWith(capsule + path.sep));
    if (!inside && !anyoneWrites(folder)) places.push(path.join(folder, TRUST_FILE));
    // A capsule may bring a .git of its own, and must not hide the repository that it lies in by that.
    const top = hasGit(folder) && !(inside && isInRepository(path.dirname(folder)));
    if (top || path.dirname(folder) === folder) return places;
  }
}

function hasGit(folder: string): boolean {
  return existsSync(path.join(folder, '.git'));
}

function isInRepository(folder: string): boolean {
  return hasGit(folder) || (path.dirname(folder) !== folder && isInRepository(path.dirname(folder)));
}

/** Whether a policy or waivers lie in a folder. */
export function isGoverned(folder: string): boolean {
  return [POLICY_FILE, WAIVERS_FILE].some(name => existsSync(path.join(folder, name)));
}

/** In a folder like /tmp, anybody could have put a trust file. */
function anyoneWrites(folder: string): boolean {
  return (statSync(folder).mode & 0o002) !== 0;
}

/** The path by which a trust file is known. A link in its place is the place and not what it points at. */
export function placeOf(file: string): string {
  return path.join(realPath(path.dirname(file)), path.basename(file));
}

function realPath(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return file;
  }
}
