import { Failure } from '../../base/diagnostic.ts';
import type { Digest } from '../../base/digest.ts';
import { compareCodeUnits } from '../../base/order.ts';
import { parseManifest } from '../../capsule/parse.ts';
import { MANIFEST_FILE } from '../../capsule/tree.ts';
import type { PastFacts, SchemaFacts } from '../../trust/change/facts.ts';
import { changedTopics, type Stating, schemaFiles } from '../../trust/change/topics.ts';
import { bytePath } from './bytes.ts';
import type { GitObjects } from './objects.ts';
import type { Plan } from './plan.ts';
import type { GitTree } from './tree.ts';

/** A capsule, and its folder in bytes. */
export type Placed = readonly [folder: string, facts: PastFacts];

interface Found extends Stating {
  readonly tree: GitTree;
  readonly folder: string;
}

/** The bytes of schemas of topics that are not what they were; for a capsule that moved too, which is known by its id. */
export async function changedSchemas(
  now: readonly Placed[],
  past: readonly Placed[],
  { before, after }: Plan,
  objects: GitObjects,
): Promise<SchemaFacts> {
  if (!before) return new Map();
  const earlier = Map.groupBy(
    past.flatMap(each => statingIn(each, before)),
    ({ manifest }) => manifest.id,
  );
  const found = new Map<Digest, Uint8Array>();
  for (const later of now.flatMap(each => statingIn(each, after)))
    for (const was of earlier.get(later.manifest.id) ?? []) {
      const wanted = new Set(schemaFiles(changedTopics(was, later)).map(({ sha256 }) => sha256));
      for (const capsule of [was, later]) await read(capsule, wanted, found, objects);
    }
  return new Map([...found].sort(([a], [b]) => compareCodeUnits(a, b)));
}

/** A capsule whose manifest says something about topics. */
function statingIn([folder, { walk }]: Placed, tree: GitTree): Found[] {
  const bytes = walk.kept.get(MANIFEST_FILE);
  if (!bytes) return [];
  try {
    return [{ manifest: parseManifest(bytes, MANIFEST_FILE), walk, tree, folder }];
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

/** Reads those files of a capsule that are wanted and not known yet. */
async function read(
  { walk, tree, folder }: Found,
  wanted: ReadonlySet<Digest>,
  found: Map<Digest, Uint8Array>,
  objects: GitObjects,
): Promise<void> {
  for (const { path, size, sha256 } of walk.files) {
    if (!wanted.has(sha256) || found.has(sha256)) continue;
    const node = await tree.find([folder, bytePath(path)].filter(part => part !== '').join('/'));
    const object = node && (await objects.read(node.id, size));
    if (object?.bytes && object.sha256 === sha256) found.set(sha256, object.bytes);
  }
}
