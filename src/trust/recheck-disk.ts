import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { sha256 } from '../base/digest.ts';
import type { Walk } from '../capsule/inventory.ts';
import { MANIFEST_FILE } from '../capsule/tree.ts';
import { compareFiles } from './compare-files.ts';
import type { StatedCapsule } from './parse-proof.ts';
import { plain, walkFacts } from './proof.ts';

/** A capsule as it lies on disk now. */
export interface CapsuleOnDisk {
  readonly folder: string;
  readonly walk: Walk;
}

/**
 * Compares a proof's capsules with those on disk, by what they hold and not by where they lie: each must be there, and there must
 * be no others, or the proof would be about less than is there.
 */
export function compareWithDisk(
  capsules: readonly StatedCapsule[],
  found: readonly CapsuleOnDisk[],
  file: string,
): Diagnostic[] {
  const byContent = Map.groupBy(found, contentOf);
  const gone = capsules.filter(capsule => byContent.get(contentOf(capsule))?.shift() === undefined);
  const unmatched = [...byContent.values()].flat();
  return [
    ...gone.flatMap(capsule => differences(capsule, unmatched, file)),
    ...unmatched.map(({ folder }) => uncovered(folder, file)),
  ];
}

function contentOf({ folder, walk }: CapsuleOnDisk): string {
  const { problems, ...facts } = walkFacts(walk);
  const elsewhere = walk.problems.map(({ place, ...problem }) => ({
    ...problem,
    file: place?.file?.startsWith(folder) ? place.file.slice(folder.length) : place?.file,
  }));
  return sha256(canonicalJson(plain({ ...facts, problems: problems.length, elsewhere })));
}

/** What became of a capsule of the proof; takes the one that it has become out of `unmatched`. */
function differences(capsule: StatedCapsule, unmatched: CapsuleOnDisk[], file: string): Diagnostic[] {
  const index = unmatched.findIndex(other => looksLike(other, capsule));
  const [now] = index < 0 ? [] : unmatched.splice(index, 1);
  const told = diagnose(
    'VNES2703',
    now ? 'a capsule is no longer what the proof is about' : 'a capsule is gone',
    {
      place: { file: now?.folder ?? file },
      expected: `${capsule.folder} as in the proof`,
      found: now ? 'other content' : 'no capsule of that content',
      help: 'verify again: vnes verify --proof FILE',
    },
  );
  return now ? [told, ...compareFiles(capsule.walk.files, now.walk.files, now.folder)] : [told];
}

/** Of the same folder, or with the same manifest. */
function looksLike(other: CapsuleOnDisk, { folder, walk }: StatedCapsule): boolean {
  if (other.folder === folder) return true;
  const manifest = walk.kept.get(MANIFEST_FILE);
  const theirs = other.walk.kept.get(MANIFEST_FILE);
  return manifest !== undefined && theirs !== undefined && Buffer.compare(manifest, theirs) === 0;
}

function uncovered(folder: string, file: string): Diagnostic {
  return diagnose('VNES2703', 'a capsule that the proof says nothing about', {
    place: { file: folder },
    expected: `only the capsules of ${file}`,
    found: folder,
    help: 'verify again: vnes verify --proof FILE',
  });
}
