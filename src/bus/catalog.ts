import { canonicalJson } from '../base/canonical.ts';
import { type Diagnostic, Failure, fail } from '../base/diagnostic.ts';
import { type Digest, sha256 } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { compareCodeUnits } from '../base/order.ts';
import { topicProblem } from '../capsule/topic.ts';
import { partitionConflicts, schemaConflicts } from './conflict.ts';
import { type Stated, stateSchemas, type TopicDeclaration } from './declared.ts';
import type { PayloadCheck, Violation } from './schema.ts';

/** A topic as all capsules together declare it. */
export interface TopicInfo {
  readonly topic: string;
  readonly partitions: number;
  /** Digests of the canonical JSON of all schemas that capsules state, in code-unit order. */
  readonly schemas: readonly Digest[];
  /** Whether what capsules publish is checked in every run, and not only on request. */
  readonly critical: boolean;
  /** Ids of capsules, in code-unit order. */
  readonly publishers: readonly string[];
  readonly subscribers: readonly string[];
}

interface Topic extends TopicInfo {
  /** What each capsule that states schemas holds its payloads to. */
  readonly checks: ReadonlyMap<string, PayloadCheck>;
  /** What payloads of all others are held to. */
  readonly common: PayloadCheck;
}

export interface CatalogOptions {
  readonly checkAll?: boolean;
  readonly ownMembers?: boolean;
}

/** The topics of a run. */
export class TopicCatalog {
  private readonly topics: ReadonlyMap<string, Topic>;
  private readonly checkAll: boolean;

  private constructor(topics: ReadonlyMap<string, Topic>, checkAll: boolean) {
    this.topics = topics;
    this.checkAll = checkAll;
  }

  /**
   * The catalog of all declarations of a run.
   * @param options.checkAll every topic counts as critical
   * @param options.ownMembers only a payload's own members count
   * @throws Failure with a diagnostic for each bad name (VNES7001), bad schema (VNES7003 or 1xxx) and conflict (VNES7004, VNES7005).
   */
  static async build(
    declarations: readonly TopicDeclaration[],
    { checkAll = false, ownMembers = true }: CatalogOptions = {},
  ): Promise<TopicCatalog> {
    const problems: Diagnostic[] = [];
    const topics = new Map<string, Topic>();
    const byName = Map.groupBy(declarations, ({ topic }) => topic);
    for (const name of [...byName.keys()].sort(compareCodeUnits)) {
      const topic = await merge(name, byName.get(name)!, ownMembers, problems);
      if (topic) topics.set(name, topic);
    }
    const [first, ...more] = problems;
    if (first) throw new Failure(first, ...more);
    return new TopicCatalog(topics, checkAll);
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

  /**
   * How a payload breaks the topic's schemas; nothing for a topic without one. What a capsule gives or gets is held to the schemas that it
   * states itself, which fit those of the others; everything else to all that subscribers state, or publishers where none does.
   * @throws Failure VNES7002
   */
  check(topic: string, payload: JsonValue, capsule?: string): readonly Violation[] {
    const { checks, common } = this.find(topic);
    const own = capsule === undefined ? undefined : checks.get(capsule);
    return (own ?? common)(payload);
  }

  /** The same for what a capsule publishes, which is not checked where nobody asks for it. @throws Failure VNES7002 */
  checkPublished(topic: string, payload: JsonValue, capsule: string): readonly Violation[] {
    return this.checkAll || this.find(topic).critical ? this.check(topic, payload, capsule) : [];
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
  ownMembers: boolean,
  problems: Diagnostic[],
): Promise<Topic | undefined> {
  const before = problems.length;
  const misnamed = topicProblem(name);
  if (misnamed) problems.push(misnamed);
  problems.push(...partitionConflicts(name, uses));
  const stated = await stateSchemas(uses, ownMembers, problems);
  if (problems.length === before) problems.push(...schemaConflicts(name, stated));
  if (problems.length > before) return undefined;
  const digests = stated.flatMap(({ schemas }) => schemas.map(({ value }) => sha256(canonicalJson(value))));
  return {
    topic: name,
    partitions: uses.find(use => use.partitions !== undefined)?.partitions ?? 1,
    schemas: [...new Set(digests)].sort(compareCodeUnits),
    critical: stated.some(({ use }) => use.critical !== false),
    publishers: idsOf(uses, 'publishes'),
    subscribers: idsOf(uses, 'subscribes'),
    checks: new Map([...Map.groupBy(stated, ({ use }) => use.capsule)].map(([id, of]) => [id, allOf(of)])),
    common: allOf(decisive(stated)),
  };
}

/** The declarations that say what anybody may publish. */
function decisive(stated: readonly Stated[]): readonly Stated[] {
  const taken = stated.filter(({ use }) => use.role === 'subscribes');
  return taken.length > 0 ? taken : stated;
}

/** Holds payloads to each of these declarations. */
function allOf(stated: readonly Stated[]): PayloadCheck {
  const distinct = [...new Map(stated.map(each => [each.key, each.check])).values()];
  const [only] = distinct;
  if (distinct.length === 1) return only!;
  return payload => distinct.flatMap(check => check(payload));
}

function idsOf(uses: readonly TopicDeclaration[], role: TopicDeclaration['role']): string[] {
  const ids = uses.filter(use => use.role === role).map(({ capsule }) => capsule);
  return [...new Set(ids)].sort(compareCodeUnits);
}
