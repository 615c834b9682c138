import { type Diagnostic, type diagnose, Failure } from '../../base/diagnostic.ts';
import { parseJson } from '../../base/json.ts';
import { changeText } from '../../base/subsume/gap.ts';
import { matchesSoon } from '../../base/subsume/pattern.ts';
import type { Schema } from '../../base/subsume/place.ts';
import { type GapInSchemas, gapsInSchemas } from '../../base/subsume/several.ts';
import { isComparable } from '../../base/subsume/usable.ts';
import { nextVersion } from '../../capsule/topic.ts';
import { MANIFEST_FILE } from '../../capsule/tree.ts';
import { below, type SchemaFacts as Schemas } from './facts.ts';
import { type ChangedTopic, type Declarations, isGathered, type NamedSchema, type Role } from './topics.ts';

/** Gaps that one diagnostic tells. */
const TOLD = 5;

/** What a change may do in each role. A publisher may come to say less, a subscriber may come to take more. */
const ROLES: Readonly<
  Record<Role, { readonly broken: string; readonly allowed: string; readonly laterIsNarrow: boolean }>
> = {
  publishes: {
    broken: 'may publish what it could not before',
    allowed: 'schemas that allow no payload which those before did not',
    laterIsNarrow: true,
  },
  subscribes: {
    broken: 'no longer takes all that it took before',
    allowed: 'schemas that allow every payload which those before did',
    laterIsNarrow: false,
  },
};

/** What a change does to a topic, for a diagnostic. */
interface Breach {
  readonly path: string;
  readonly pointer?: string | undefined;
  readonly found: string;
}

/**
 * What is said of a topic whose schemas became others; nothing when who relied on those before still can. `say` tells how bad that is.
 * What could not be used before, nobody relied on.
 */
export function topicProblem(
  changed: ChangedTopic,
  schemas: Schemas,
  folder: string,
  say: typeof diagnose,
): readonly Diagnostic[] {
  const { role, topic } = changed;
  const { broken, allowed } = ROLES[role];
  const breach = breachOf(changed, schemas);
  if (!breach) return [];
  const { path, pointer, found } = breach;
  return [
    say('VNES2418', `the capsule ${broken} on ${topic}`, {
      place: { file: below(folder, path), pointer },
      expected: allowed,
      found,
      help: `leave the schemas of ${topic} as they were, and name the topic ${nextVersion(topic)} where its payloads are new`,
    }),
  ];
}

function breachOf({ role, before, now }: ChangedTopic, schemas: Schemas): Breach | undefined {
  const [was, is] = [readAll(before, schemas), readAll(now, schemas)];
  for (const each of [was, is])
    if (each.state === 'lost') return { path: each.path, found: 'a schema that was not gathered' };
  if (was.state !== 'read') return undefined;
  if (is.state !== 'read') return { path: is.path, found: 'a schema that cannot be used' };
  const { laterIsNarrow } = ROLES[role];
  const gaps = laterIsNarrow ? gapsOfAll(is.schemas, was.schemas) : gapsOfAll(was.schemas, is.schemas);
  const [first] = gaps;
  if (!first) return undefined;
  const found = gaps.slice(0, TOLD).map(gap => changeText(gap, laterIsNarrow));
  const pointer = !laterIsNarrow && first.pointer.startsWith('/') ? first.pointer : undefined;
  return { path: now[0]?.[0]?.path ?? MANIFEST_FILE, pointer, found: found.join('\n') };
}

/** A capsule may declare a topic several times, and payloads obey all of it: each wide declaration follows from one of the narrow ones. */
function gapsOfAll(narrow: readonly Alternatives[], wide: readonly Alternatives[]): readonly GapInSchemas[] {
  return wide.flatMap(each => {
    const tried = narrow.map(other => gapsInSchemas(other, each, matchesSoon));
    return tried.some(gaps => gaps.length === 0) ? [] : tried[0]!;
  });
}

/** Schemas of which a payload obeys any one. */
type Alternatives = readonly Schema[];

interface Read {
  readonly state: 'read';
  readonly schemas: readonly Alternatives[];
}

/** Not all could be read: one was not gathered, or cannot be used by anybody. */
interface Unread {
  readonly state: 'lost' | 'unusable';
  readonly path: string;
}

/** Without a declaration that has schemas, a payload is anything. */
const ANYTHING: Read = { state: 'read', schemas: [[true]] };

function readAll(declarations: Declarations, schemas: Schemas): Read | Unread {
  if (declarations.length === 0) return ANYTHING;
  const named = declarations.flat();
  const lost = named.find(({ file }) => file && isGathered(file) && !schemas.has(file.sha256));
  if (lost) return { state: 'lost', path: lost.path };
  const unusable = named.find(each => read(each, schemas) === undefined);
  if (unusable) return { state: 'unusable', path: unusable.path };
  return { state: 'read', schemas: declarations.map(each => each.map(one => read(one, schemas)!)) };
}

function read({ file }: NamedSchema, schemas: Schemas): Schema | undefined {
  const bytes = file && schemas.get(file.sha256);
  if (!bytes) return undefined;
  try {
    const value = parseJson(bytes);
    return isComparable(value) ? value : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
