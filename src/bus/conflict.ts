import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { gapText } from '../base/subsume/gap.ts';
import { gapsInSchemas } from '../base/subsume/several.ts';
import { nextVersion } from '../capsule/topic.ts';
import type { Stated, TopicDeclaration } from './declared.ts';
import { guarded } from './patterns.ts';

/** Gaps that one diagnostic tells. */
const TOLD = 5;

/** The declarations of a topic that state another number of partitions than the first that states one. */
export function partitionConflicts(topic: string, uses: readonly TopicDeclaration[]): Diagnostic[] {
  const [first, ...others] = uses.filter(({ partitions }) => partitions !== undefined);
  return others
    .filter(({ partitions }) => partitions !== first!.partitions)
    .map(other =>
      diagnose(
        'VNES7004',
        `${first!.capsule} and ${other.capsule} state different numbers of partitions for the topic ${topic}`,
        {
          expected: `${first!.partitions}, as ${first!.capsule} states`,
          found: `${other.partitions} of ${other.capsule}`,
          help: 'make both the same, or give the new meaning a new topic version (`.v2`)',
        },
      ),
    );
}

/**
 * Every capsule that publishes must publish what every subscriber takes. One diagnostic for each pair of which that does not follow
 * from their schemas.
 */
export function schemaConflicts(topic: string, stated: readonly Stated[]): Diagnostic[] {
  const publishers = stated.filter(({ use }) => use.role === 'publishes');
  const subscribers = stated.filter(({ use }) => use.role === 'subscribes');
  return publishers.flatMap(from => subscribers.flatMap(to => conflict(topic, from, to)));
}

function conflict(topic: string, from: Stated, to: Stated): Diagnostic[] {
  if (from.key === to.key) return [];
  const [narrow, wide] = [from, to].map(({ schemas }) => schemas.map(({ value }) => value));
  const compare = guarded([...narrow!, ...wide!], to.schemas[0]!.path, gapsInSchemas);
  const gaps = compare(narrow!, wide!);
  const [first] = gaps;
  if (!first) return [];
  return [
    diagnose('VNES7005', `${from.use.capsule} may publish on ${topic} what ${to.use.capsule} does not take`, {
      place: { file: to.schemas[first.schema]!.path, pointer: first.pointer },
      expected: `a schema of ${from.use.capsule} that takes nothing more than that of ${to.use.capsule}`,
      found: gaps.slice(0, TOLD).map(gapText).join('\n'),
      help: `make the schemas fit, or name the topic ${nextVersion(topic)} where its payloads are new`,
    }),
  ];
}
