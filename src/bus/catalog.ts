import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, diagnose, Failure, fail } from '../base/diagnostic.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import { type JsonValue, parseJson } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import { compileSchema, type PayloadCheck, type Violation } from './schema.ts';
import { topicProblem } from './topic.ts';

/** What one capsule says about one topic in its manifest. */
export interface TopicDeclaration {
  readonly topic: string;
  /** Id of the capsule. */
  readonly capsule: string;
  readonly role: 'publishes' | 'subscribes';
  /** The schema's path, for diagnostics, and its bytes. */
  readonly schema?: { readonly path: string; readonly bytes: Uint8Array } | undefined;
  readonly partitions?: number | undefined;
}

/** A topic as all capsules together declare it. */
export interface TopicInfo {
  readonly topic: string;
  readonly partitions: number;
  /** Digest of the schema's canonical JSON; absent when no capsule states one. */
  readonly schema?: Digest;
  /** Ids of capsules, in code-unit order. */
  readonly publishers: readonly string[];
  readonly subscribers: readonly string[];
}

interface Topic extends TopicInfo {
  readonly check: PayloadCheck;
}

/** The topics of a run. */
export class TopicCatalog {
  private readonly topics: ReadonlyMap<string, Topic>;

  private constructor(topics: ReadonlyMap<string, Topic>) {
    this.topics = topics;
  }

  /**
   * The catalog of all declarations of a run.
   * @throws Failure with a diagnostic for each bad name (VNES7001), bad schema (VNES7003 or 1xxx) and conflict (VNES7004).
   */
  static async build(declarations: readonly TopicDeclaration[]): Promise<TopicCatalog> {
    const problems: Diagnostic[] = [];
    const topics = new Map<string, Topic>();
    for (const name of [...new Set(declarations.map(({ topic }) => topic))].sort(compareCodeUnits)) {
      const topic = await merge(
        name,
        declarations.filter(each => each.topic === name),
        problems,
      );
      if (topic) topics.set(name, topic);
    }
    const [first, ...more] = problems;
    if (first) throw new Failure(first, ...more);
    return new TopicCatalog(topics);
  }

  /** All topics, in code-unit order of their names. */
  all(): readonly TopicInfo[] {
    return [...this.topics.values()];
  }

  has(topic: string): boolean {
    return this.topics.has(topic);
  }

  /** @throws Failure VNES7002 when no capsule declares the topic. */
  topic(name: string): TopicInfo {
    return this.find(name);
  }

  /** How a payload breaks the topic's schema; nothing for a topic without one. @throws Failure VNES7002 */
  check(topic: string, payload: JsonValue): readonly Violation[] {
    return this.find(topic).check(payload);
  }

  private find(name: string): Topic {
    const topic = this.topics.get(name);
    if (topic) return topic;
    return fail('VNES7002', `no capsule declares the topic ${JSON.stringify(name)}`, {
      expected: [...this.topics.keys()].join(', ') || 'a topic that a manifest declares in `interfaces.bus`',
      found: JSON.stringify(name),
      help: 'declare the topic in `interfaces.bus` of the capsule that uses it, or correct its name',
    });
  }
}

/** One topic from its declarations; pushes what is wrong with them. */
async function merge(
  name: string,
  uses: readonly TopicDeclaration[],
  problems: Diagnostic[],
): Promise<Topic | undefined> {
  const before = problems.length;
  const misnamed = topicProblem(name);
  if (misnamed) problems.push(misnamed);
  const partitions = agreed(uses, use => use.partitions, conflict(name, 'numbers of partitions'), problems);
  const schemaOf = (use: TopicDeclaration): Digest | undefined => schemaDigest(use, problems);
  const schema = agreed(uses, schemaOf, conflict(name, 'schemas'), problems);
  const stated = uses.find(use => use.schema)?.schema;
  const check = stated && problems.length === before ? await compiled(stated, problems) : () => [];
  if (problems.length > before) return undefined;
  return {
    topic: name,
    partitions: partitions ?? 1,
    ...(schema && { schema }),
    publishers: idsOf(uses, 'publishes'),
    subscribers: idsOf(uses, 'subscribes'),
    check,
  };
}

type Conflict = (
  first: TopicDeclaration,
  other: TopicDeclaration,
  values: readonly [string, string],
) => Diagnostic;

/** The one value that all declarations which state one agree on. */
function agreed<T extends string | number>(
  uses: readonly TopicDeclaration[],
  read: (use: TopicDeclaration) => T | undefined,
  conflictOf: Conflict,
  problems: Diagnostic[],
): T | undefined {
  const stated = uses.map(use => ({ use, value: read(use) })).filter(({ value }) => value !== undefined);
  const [first, ...others] = stated;
  for (const other of others) {
    if (other.value === first!.value) continue;
    problems.push(conflictOf(first!.use, other.use, [String(first!.value), String(other.value)]));
  }
  return first?.value;
}

function conflict(topic: string, what: string): Conflict {
  return (first, other, values) =>
    diagnose(
      'VNES7004',
      `${first.capsule} and ${other.capsule} state different ${what} for the topic ${topic}`,
      {
        place: { file: other.schema?.path },
        expected: `${values[0]}, as ${first.capsule} states`,
        found: `${values[1]} of ${other.capsule}`,
        help: 'make both the same, or give the new meaning a new topic version (`.v2`)',
      },
    );
}

/** Two schemas are the same when their canonical JSON is. */
function schemaDigest({ schema }: TopicDeclaration, problems: Diagnostic[]): Digest | undefined {
  if (!schema) return undefined;
  try {
    return sha256(canonicalJson(parseJson(schema.bytes, { file: schema.path })));
  } catch (error) {
    collect(error, problems);
    return undefined;
  }
}

async function compiled(
  schema: { path: string; bytes: Uint8Array },
  problems: Diagnostic[],
): Promise<PayloadCheck> {
  try {
    return await compileSchema(schema.bytes, schema.path);
  } catch (error) {
    collect(error, problems);
    return () => [];
  }
}

function collect(error: unknown, problems: Diagnostic[]): void {
  if (!(error instanceof Failure)) throw error;
  problems.push(...error.diagnostics);
}

function idsOf(uses: readonly TopicDeclaration[], role: TopicDeclaration['role']): string[] {
  const ids = uses.filter(use => use.role === role).map(({ capsule }) => capsule);
  return [...new Set(ids)].sort(compareCodeUnits);
}
