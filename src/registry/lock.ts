import { readFileSync } from 'node:fs';
import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import type { Digest } from '../base/digest.ts';
import { type JsonObject, parseJson } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import { refuseViolations } from '../base/schema.ts';
import { capsuleName } from '../capsule/manifest.ts';
import { validateLock } from '../generated/lock.js';
import { unreadable } from './paths.ts';

export const LOCK_FILE = 'vnes.lock.json';

/** `vnes.lock.json`: what a request resolved to, with the content of each capsule (docs/resolving.md). */
export interface Lock {
  readonly version: 1;
  readonly roots: readonly string[];
  /** Ordered by id. */
  readonly capsules: readonly LockedCapsule[];
}

export interface LockedCapsule {
  readonly id: string;
  readonly version: string;
  readonly tree: Digest;
  readonly bindings: Readonly<Record<string, string>>;
}

/** What a lock keeps of a resolution (resolve.ts). */
export interface Resolved {
  readonly chosen: readonly Pick<LockedCapsule, 'id' | 'version'>[];
  readonly bindings: Readonly<Record<string, LockedCapsule['bindings']>>;
}

/** The lock of a resolution; `treeOf` gives the tree digest of each chosen capsule, by `id@version`. */
export function toLock(
  roots: readonly string[],
  resolution: Resolved,
  treeOf: ReadonlyMap<string, Digest>,
): Lock {
  const capsules = resolution.chosen.map(({ id, version }) => ({
    id,
    version,
    tree: treeOf.get(capsuleName({ id, version }))!,
    bindings: resolution.bindings[id] ?? {},
  }));
  return {
    version: 1,
    roots: [...new Set(roots)].sort(compareCodeUnits),
    capsules: capsules.sort((a, b) => compareCodeUnits(a.id, b.id)),
  };
}

/** Its file: keys in canonical order, two spaces, so that a change shows as a small difference. */
export function formatLock(lock: Lock): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(lock as unknown as JsonObject)), null, 2)}\n`;
}

/** @throws Failure VNES1001 to VNES1007 and VNES1011 for what is not a lock file. */
export function parseLock(bytes: Uint8Array, file: string): Lock {
  const value = parseJson(bytes, { file });
  refuseViolations(validateLock(value), { file, bytes });
  return value as unknown as Lock;
}

/** Reads a lock file. @throws Failure VNES1010 when it cannot be read; otherwise as {@link parseLock}. */
export function readLock(path: string, shownAs = path): Lock {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Failure(unreadable(shownAs, error));
  }
  return parseLock(bytes, shownAs);
}

/** What differs between two locks, in words, one line each; none when they say the same. */
export function lockDifference(before: Lock, after: Lock): readonly string[] {
  const old = new Map(before.capsules.map(capsule => [capsule.id, capsule]));
  const lines = after.capsules.flatMap(capsule => {
    const was = old.get(capsule.id);
    old.delete(capsule.id);
    return was ? capsuleDifference(was, capsule) : [`${capsuleName(capsule)} is new`];
  });
  const roots =
    canonicalJson(before.roots) === canonicalJson(after.roots) ? [] : [rootsDifference(before, after)];
  return [...roots, ...lines, ...Array.from(old.values(), gone => `${capsuleName(gone)} is no longer used`)];
}

function rootsDifference(before: Lock, after: Lock): string {
  return `the request was ${before.roots.join(', ')} and is ${after.roots.join(', ')}`;
}

function capsuleDifference(was: LockedCapsule, is: LockedCapsule): readonly string[] {
  const name = capsuleName(is);
  if (was.version !== is.version) return [`${is.id} was ${was.version} and is ${is.version}`];
  if (was.tree !== is.tree) return [`${name} was ${was.tree} and is ${is.tree}`];
  const capabilities = new Set([...Object.keys(was.bindings), ...Object.keys(is.bindings)]);
  return [...capabilities]
    .filter(each => was.bindings[each] !== is.bindings[each])
    .map(
      each =>
        `${name}: ${each} was ${was.bindings[each] ?? 'unbound'} and is ${is.bindings[each] ?? 'unbound'}`,
    );
}

/** Locked capsules of which a folder with the same id and version, but other content, was found. */
export function changedInPlace(lock: Lock, treeOf: ReadonlyMap<string, Digest>, file: string): Diagnostic[] {
  return lock.capsules.flatMap(capsule => {
    const tree = treeOf.get(capsuleName(capsule));
    if (tree === undefined || tree === capsule.tree) return [];
    return [
      diagnose('VNES4012', `${capsuleName(capsule)} is not the capsule that was locked`, {
        place: { file },
        expected: capsule.tree,
        found: tree,
        help: 'give the changed capsule a new version, or accept it with vnes resolve --update',
      }),
    ];
  });
}
