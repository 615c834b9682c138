import { describe, expect, test } from 'vitest';
import { mayRead, vetFuel, vetOutcome } from '../../src/sandbox/vet.ts';
import { spec } from './probe.ts';

const component = spec(new Uint8Array());
const ok = { kind: 'ok', published: [], writes: [], logs: [] };

describe('the host checks what a sandbox reports', () => {
  test('and takes what the capsule may do', () => {
    const outcome = {
      ...ok,
      published: [['out.v1', null, '{"a":1}']],
      writes: [['own/k', null]],
      logs: [['warn', 'x']],
    };
    expect(vetOutcome(component, outcome)).toEqual({
      kind: 'ok',
      effects: {
        published: [{ topic: 'out.v1', key: null, payload: { a: 1 } }],
        writes: [{ key: 'own/k', value: null }],
        logs: [{ level: 'warn', message: 'x' }],
      },
    });
  });

  test.each([
    ['no object', 7],
    ['an unknown kind', { kind: 'great' }],
    ['a missing message', { kind: 'trap' }],
    ['an undeclared topic', { ...ok, published: [['root.v1', null, '1']] }],
    ["another's key", { ...ok, writes: [['other/k', '1']] }],
    ['a payload that is not canonical', { ...ok, published: [['out.v1', null, '{ "a":1}']] }],
    ['an unknown log level', { ...ok, logs: [['shout', 'x']] }],
    ['an effect of a wrong shape', { ...ok, writes: [['own/k']] }],
    ['too many effects', { ...ok, writes: Array.from({ length: 10_001 }, () => ['own/k', '1']) }],
    ['a lone surrogate', { kind: 'error', message: '\ud800' }],
  ])('and refuses %s', (_what, outcome) => {
    expect(() => vetOutcome(component, outcome)).toThrow('VNES5008');
  });

  test('fuel too, which it may leave out', () => {
    expect([vetFuel([1, 0], 2), vetFuel(undefined, 2)]).toEqual([[1, 0], []]);
    for (const wrong of [[1], [1, -1], [1, 0.5], ['1', 2], {}])
      expect(() => vetFuel(wrong, 2)).toThrow('VNES5008');
  });

  test('and refuses JSON that is broken, by the code of JSON', () => {
    expect(() => vetOutcome(component, { ...ok, published: [['out.v1', null, '{']] })).toThrow('VNES1002');
  });

  test('reads follow the access of anything in the sandbox, cycles included', () => {
    const services: Record<string, typeof component> = {};
    const service = spec(new Uint8Array(), {
      capsule: 'svc',
      access: { owns: ['svc/'], reads: [] },
      services,
    });
    services.self = service;
    const caller = spec(new Uint8Array(), { services: { svc: service } });
    expect(['own/a', 'other/a', 'svc/a', 'zz', ''].map(key => mayRead(caller, key))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
