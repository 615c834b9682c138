import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { JsonObject, JsonValue } from '../../src/base/json.ts';
import type { Delivery } from '../../src/capsule/event.ts';
import type { Instance } from '../../src/sandbox/contract.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';

const CAPSULE = 'hypersync.core.consensus';
const FOLDER = join(import.meta.dirname, '../../fixtures/demo/capsules', CAPSULE);
const PATIENCE = 1000;

let instance: Instance;

beforeAll(async () => {
  const bytes = readFileSync(join(FOLDER, 'impl/capsule.wasm'));
  const config = { shares: { 'v.a': 1, 'v.b': 1, 'v.c': 2 }, quorum: 0.6, patience_ms: PATIENCE };
  instance = await rungFor('system').start({
    component: {
      capsule: CAPSULE,
      version: '1.0.0',
      code: { language: 'wasm', bytes, digest: sha256(bytes) },
      config: canonicalJson(config),
      access: { owns: [`${CAPSULE}/`], reads: [] },
      publishes: ['consensus.decision.v1'],
      services: {},
    },
    seed: '0',
    limits: { timeoutMs: 30_000, memoryBytes: 16 * 1024 * 1024, fuel: 1e9 },
    state: { get: () => undefined, scan: () => [] },
  });
  expect(await instance.init()).toMatchObject({ kind: 'ok' });
});

afterAll(() => instance.stop());

interface Vote {
  readonly subject: string;
  readonly voter: string;
  readonly anomaly: boolean;
  readonly weight: number;
}

const DAY = '2012-01-01';
const vote = (voter: string, anomaly: boolean, weight = 1, subject = DAY): Vote => ({
  subject,
  voter,
  anomaly,
  weight,
});

/** The decisions that follow from votes, each given with the moment of its arrival, in one frame on an empty state. */
async function decide(votes: readonly Vote[], times: readonly number[] = []): Promise<JsonObject[]> {
  await instance.renew();
  const batch = votes.map((vote, seq): Delivery => {
    const payload: JsonValue = { ...vote, score: 1 };
    const event = {
      seq,
      topic: 'consensus.vote.v1',
      partition: 0,
      offset: seq,
      time: times[seq] ?? 0,
      key: null,
    };
    return { event: { ...event, payload, source: vote.voter, cause: null }, subscriber: CAPSULE };
  });
  const outcomes = await instance.handle(batch);
  return outcomes.flatMap(outcome => {
    if (outcome.kind !== 'ok') throw new Error(outcome.message);
    return outcome.effects.published.map(event => event.payload as JsonObject);
  });
}

describe('consensus', () => {
  it('waits for everyone, then follows the weights', async () => {
    expect(await decide([vote('v.a', true), vote('v.b', true)])).toEqual([]);
    const [decision, ...more] = await decide([
      vote('v.c', false, 0.5),
      vote('v.a', true, 0.75),
      vote('v.b', true, 0.5),
    ]);
    expect(more).toEqual([]);
    expect(decision).toMatchObject({ subject: DAY, outcome: 'anomaly', yes: 1.25, no: 1 });
  });

  it('calls a tie normal', async () => {
    const [decision] = await decide([vote('v.a', true), vote('v.b', true), vote('v.c', false)]);
    expect(decision).toMatchObject({ outcome: 'normal', yes: 2, no: 2 });
  });

  it('ignores strangers, second votes and votes after the decision', async () => {
    const late = vote('v.a', true, 0.1);
    const votes = [
      vote('v.x', true),
      vote('v.a', false),
      vote('v.a', true),
      vote('v.b', false),
      vote('v.c', false),
      late,
    ];
    expect(await decide(votes)).toMatchObject([{ outcome: 'normal', yes: 0, no: 4 }]);
  });

  it('decides without the missing when patience runs out and the quorum is met', async () => {
    const votes = [vote('v.c', true), vote('v.a', true), vote('v.a', true, 1, '2012-01-09')];
    expect(await decide(votes, [0, 5, PATIENCE - 1])).toEqual([]);
    expect(await decide(votes, [0, 5, PATIENCE])).toMatchObject([
      { subject: DAY, outcome: 'anomaly', yes: 3 },
    ]);
  });

  it('lets a subject lapse without a quorum', async () => {
    const votes = [vote('v.c', true), vote('v.a', true, 1, '2012-01-09')];
    expect(await decide(votes, [0, PATIENCE])).toMatchObject([{ subject: DAY, outcome: 'lapsed' }]);
  });

  it('decides the same whatever the order of arrival', async () => {
    const days = ['2012-01-01', '2012-01-02', '2012-01-03'];
    const votes = days.flatMap((day, i) =>
      ['v.a', 'v.b', 'v.c'].map((voter, j) => vote(voter, (i + j) % 2 === 0, 0.1 * (i + j + 1), day)),
    );
    const byDay = (decisions: JsonObject[]) => decisions.map(canonicalJson).sort();
    const expected = byDay(await decide(votes));
    expect(expected).toHaveLength(3);
    const shuffled = fc.shuffledSubarray(votes, { minLength: votes.length });
    await fc.assert(
      fc.asyncProperty(shuffled, async order => {
        expect(byDay(await decide(order))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});
