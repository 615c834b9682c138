import { describe, expect, test } from 'vitest';
import { unusedNotes } from '../../src/trust/unused.ts';
import { inWords, policyOf, rule, trustIn, verdictOf, waiverOf } from './governed.ts';

const STRICT = policyOf(rule({ demand: { types: ['driver'] }, waivable: true }));
const EASY = policyOf(rule({ demand: { types: ['logic'] }, waivable: true }));
const GOOD = waiverOf({}, 'ada', 'bob');

/** What is told of a policy and waivers, when this capsule is all there is. */
async function told(world: Parameters<typeof trustIn>[0], subject: Parameters<typeof verdictOf>[1] = {}) {
  const trust = await trustIn(world);
  const verdict = await verdictOf(trust, subject);
  return unusedNotes(trust, [verdict]).map(({ code, severity, message }) => `${severity} ${code} ${message}`);
}

describe('what nothing needed', () => {
  test('are rules that cover no capsule', async () => {
    const scopes = [{ namespace: 'user.adam.*', level: 'enforce' }];
    const idle = rule({ id: 'idle', scopes, demand: { types: ['ui'] } });
    const policy = policyOf(rule({ demand: { types: ['logic'] } }), idle);
    expect(await told({ policy })).toEqual(['warning VNES3009 the rule idle covers no capsule']);
    expect(await told({ policy: EASY })).toEqual([]);
  });

  test('is not said of rules while an id is unknown', async () => {
    const scopes = [{ namespace: 'acme.*', level: 'enforce' }];
    const policy = policyOf(rule({ scopes, demand: { types: ['ui'] } }));
    expect(await told({ policy })).toHaveLength(1);
    const trust = await trustIn({ policy });
    const { id: _, ...nameless } = await verdictOf(trust);
    expect(unusedNotes(trust, [nameless])).toEqual([]);
  });

  test('are waivers of what passes, and of capsules that are gone', async () => {
    expect(await told({ policy: EASY, waivers: [GOOD] })).toEqual([
      'warning VNES3012 nothing needs the waiver one',
    ]);
    const gone = waiverOf({ id: 'gone', capsule: 'user.ada.gone' }, 'ada', 'bob');
    expect(await told({ policy: STRICT, waivers: [GOOD, gone] })).toEqual([
      'warning VNES3012 nothing needs the waiver gone',
    ]);
    const twice = waiverOf({ id: 'two' }, 'ada', 'bob');
    expect(await told({ policy: STRICT, waivers: [GOOD, twice] })).toEqual([
      'warning VNES3012 nothing needs the waiver two',
    ]);
  });

  test('are not waivers of a capsule that is refused', async () => {
    const trust = await trustIn({ policy: STRICT, waivers: [GOOD] });
    const refused = await verdictOf(trust, { signers: ['cyd'] });
    expect(inWords(refused)[0]).toBe('quarantined');
    expect(unusedNotes(trust, [refused])).toEqual([]);
  });
});
