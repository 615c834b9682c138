import { expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/base/json.ts';
import type { GateReport } from '../../src/registry/git/gate.ts';
import { remediesOfChange } from '../../src/trust/remedy/change.ts';
import { diagnosticsOf } from '../../src/trust/verdict.ts';
import { COUNTER } from './changes.ts';
import { COUNT, onTopics, type Repository, workshop } from './repository.ts';

const { n } = COUNT.properties as { n: JsonObject };
const bounded = (maximum: number): JsonObject => ({ ...COUNT, properties: { n: { ...n, maximum } } });

/** What is said of a change that was committed on a branch. */
async function since(change: (repository: Repository) => void): Promise<GateReport> {
  const repository = workshop();
  repository.git('checkout', '-q', '-b', 'change');
  change(repository);
  repository.commit();
  return repository.verify({ kind: 'since', revision: 'main', head: 'HEAD' });
}

const onCounter = (published: JsonValue, taken: JsonValue) => (repository: Repository) =>
  repository.capsule(COUNTER, onTopics(published, taken, { version: '1.3.0' }));

function said({ examined }: GateReport) {
  const { checks } = examined[0]!.verdict;
  return { checks, found: diagnosticsOf(checks) };
}

test('a topic that says more than before is refused, with what it was and what it is, and what to do', async () => {
  const report = await since(onCounter({ ...COUNT, properties: { n: { type: 'number' } } }, COUNT));
  const { found } = said(report);
  expect(found).toEqual([
    {
      code: 'VNES2418',
      severity: 'error',
      message: 'the capsule may publish what it could not before on user.count.v1',
      place: { file: 'capsules/counter/spec/published.json', pointer: undefined },
      expected: 'schemas that allow no payload which those before did not',
      found: '/properties/n/type was "integer" and is "number"\n/properties/n/minimum was 0 and is nothing',
      help: 'leave the schemas of user.count.v1 as they were, and name the topic user.count.v2 where its payloads are new',
    },
  ]);
  const { capsules } = remediesOfChange(report, { top: '' });
  const [remedy] = [...capsules.values()];
  expect(remedy!.steps.map(({ kind }) => kind)).toEqual(['edit', 'sign', 'edit', 'edit']);
  expect(remedy!.steps[0]!.does).toContain('name the topic user.count.v2');
});

test('a topic that takes less than before is refused, at the keyword that is in the way', async () => {
  const { found } = said(await since(onCounter(COUNT, bounded(9))));
  expect(found).toMatchObject([
    {
      code: 'VNES2418',
      message: 'the capsule no longer takes all that it took before on user.order.v1',
      place: { file: 'capsules/counter/spec/taken.json', pointer: '/properties/n/maximum' },
      found: '/properties/n/maximum was nothing and is 9',
    },
  ]);
});

test('a topic that is new on the branch may still change there', async () => {
  const report = await since(repository => {
    repository.capsule(COUNTER, onTopics(COUNT, COUNT, { version: '1.3.0', topic: 'user.more.v1' }));
    repository.commit();
    repository.capsule(COUNTER, onTopics(true, COUNT, { version: '1.4.0', topic: 'user.more.v1' }));
  });
  expect(said(report).found).toEqual([]);
});

test('a capsule that nobody may sign is not asked', async () => {
  const { checks } = said(
    await since(repository => {
      onCounter(true, COUNT)(repository);
      repository.write({ [`${COUNTER}/spec/logic.md`]: 'more' });
    }),
  );
  expect(checks.find(({ id }) => id === 'history.topics')).toMatchObject({ result: 'blocked' });
});

test('topics that are declared twice, and payloads that obey one schema of several, are compared as what they are', async () => {
  const bus = (...publishes: JsonObject[]) => ({ interfaces: { bus: { publishes } } });
  const files = { 'spec/9.json': JSON.stringify(bounded(9)), 'spec/20.json': JSON.stringify(bounded(20)) };
  const topic = 'user.x.v1';
  const [nine, twenty] = ['spec/9.json', 'spec/20.json'];
  const both = { topic, schema: [nine!, twenty!] };
  const cases: readonly (readonly [before: JsonObject[], now: JsonObject[], codes: string[]])[] = [
    [[both], [{ topic, schema: twenty! }], []],
    [[{ topic, schema: nine! }], [both], ['VNES2418']],
    [
      [{ topic, schema: twenty! }],
      [
        { topic, schema: nine! },
        { topic, schema: twenty! },
      ],
      [],
    ],
    [
      [
        { topic, schema: nine! },
        { topic, schema: twenty! },
      ],
      [{ topic, schema: twenty! }],
      ['VNES2418'],
    ],
  ];
  for (const [before, now, codes] of cases) {
    const repository = workshop();
    repository.capsule(COUNTER, { manifest: { version: '1.3.0', ...bus(...before) }, files });
    repository.commit();
    repository.git('checkout', '-q', '-b', 'change');
    repository.capsule(COUNTER, { manifest: { version: '1.4.0', ...bus(...now) }, files });
    repository.commit();
    const report = await repository.verify({ kind: 'since', revision: 'main', head: 'HEAD' });
    expect(said(report).found.map(({ code }) => code)).toEqual(codes);
  }
});
