import type { Digest } from '../../base/digest.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Walk } from '../../capsule/inventory.ts';
import type { Manifest } from '../../capsule/manifest.ts';
import type { TreeFile } from '../../capsule/tree.ts';

/** A capsule with what it says about topics. */
export interface Stating {
  readonly manifest: Manifest;
  readonly walk: Pick<Walk, 'files'>;
}

/** A schema that a manifest names; without a file where none lies there. */
export interface NamedSchema {
  readonly path: string;
  readonly file?: TreeFile | undefined;
}

/** The schemas of one declaration, any one of which a payload obeys; and all declarations that a manifest makes of a topic. */
export type Declarations = readonly (readonly NamedSchema[])[];

export type Role = 'publishes' | 'subscribes';

/** A topic that a capsule declared before a change and declares after it, with other schemas. */
export interface ChangedTopic {
  readonly role: Role;
  readonly topic: string;
  readonly before: Declarations;
  readonly now: Declarations;
}

/** The topics whose schemas are not, byte for byte, what they were; in the order of the manifest. */
export function changedTopics(before: Stating, now: Stating): readonly ChangedTopic[] {
  return (['publishes', 'subscribes'] as const).flatMap(role => {
    const [was, is] = [declared(before, role), declared(now, role)];
    return [...is].flatMap(([topic, schemas]) => {
      const old = was.get(topic);
      return old === undefined || textOf(old) === textOf(schemas)
        ? []
        : [{ role, topic, before: old, now: schemas }];
    });
  });
}

/** The files whose bytes it takes to judge changed topics. */
export function schemaFiles(changed: readonly ChangedTopic[]): readonly TreeFile[] {
  const named = changed.flatMap(({ before, now }) => [...before, ...now].flat());
  return named.flatMap(({ file }) => (file && isGathered(file) ? [file] : []));
}

/** Whether the bytes of a schema are looked at; nobody can use one that is larger. */
export function isGathered({ size }: TreeFile): boolean {
  return size <= LIMITS.documentBytes;
}

function declared({ manifest, walk }: Stating, role: Role): ReadonlyMap<string, Declarations> {
  const files = new Map(walk.files.map(file => [file.path, file] as const));
  const topics = new Map<string, Declarations>();
  for (const { topic, schema } of manifest.interfaces?.bus?.[role] ?? []) {
    const schemas = [schema ?? []].flat().map(path => ({ path, file: files.get(path) }));
    const known = topics.get(topic) ?? [];
    // A declaration without schemas says nothing.
    topics.set(topic, schemas.length > 0 ? [...known, schemas] : known);
  }
  return topics;
}

/** Where a schema lies does not matter, and what it says does. */
function textOf(declarations: Declarations): string {
  const digest = ({ path, file }: NamedSchema): Digest | string => file?.sha256 ?? path;
  return JSON.stringify(declarations.map(schemas => schemas.map(digest)));
}
