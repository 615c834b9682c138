import { canonicalJson } from '../base/canonical.ts';
import { sha256 } from '../base/digest.ts';
import type { RecordedCapsule } from '../store/record.ts';
import type { LoadedCapsule } from './binding.ts';
import { isGrant } from './grant-names.ts';
import type { Standing } from './standing.ts';

/**
 * What makes one network another for those who go on: everything about its capsules but their own files, which the tree covers. Of `files`,
 * those of the machine that it was given count.
 */
type Member = Pick<RecordedCapsule, 'id' | 'version' | 'tree' | 'zone' | 'tier' | 'bindings' | 'files'>;

/** A capsule as a header would tell of it. */
export function memberOf({ manifest, tree, zone, tier, bindings, paths, read }: LoadedCapsule): Member {
  const files = Object.fromEntries(paths.filter(isGrant).map(name => [name, sha256(read(name))]));
  return { id: manifest.id, version: manifest.version, tree, zone, tier, bindings, files };
}

/** Whether the same capsules in the same zones with the same providers take part. */
export function isSameNetwork(before: readonly Member[], after: readonly Member[]): boolean {
  return textOf(before) === textOf(after);
}

function textOf(members: readonly Member[]): string {
  const texts = members.map(({ id, version, tree, zone, tier, bindings, files }) => {
    const granted = Object.fromEntries(Object.entries(files).filter(([name]) => isGrant(name)));
    return canonicalJson({ id, version, tree, zone, tier, bindings, granted });
  });
  return texts.sort().join('\n');
}

/**
 * Where a network stands that goes on from another: another version of a capsule begins in good health, and what waited for those who
 * are gone waits for nobody. Mail for a capsule that no longer takes its topic is left out by the mailboxes.
 */
export function standingOfSuccessor(
  standing: Standing,
  before: readonly Pick<Member, 'id' | 'tree'>[],
  after: readonly Pick<Member, 'id' | 'tree'>[],
): Standing {
  const trees = new Map(before.map(({ id, tree }) => [id, tree]));
  const same = new Set(after.filter(({ id, tree }) => trees.get(id) === tree).map(({ id }) => id));
  const { breakdowns, suspended } = standing.health;
  const health = {
    breakdowns: Object.fromEntries(Object.entries(breakdowns).filter(([id]) => same.has(id))),
    suspended: suspended.filter(id => same.has(id)),
  };
  return { ...standing, health };
}
