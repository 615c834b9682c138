import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { parseIngress } from '../../src/kernel/ingress.ts';
import { weaveSchedules } from '../../src/kernel/schedules.ts';

const anything = () => [];

function problems(text: string, check: Parameters<typeof parseIngress>[2] = anything): string[] {
  try {
    parseIngress(Buffer.from(text), 'in', check);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map(({ code, place }) => `${code}:${place?.line ?? '-'}`);
  }
}

describe('input lines', () => {
  test('become events; what is not said follows the line before', () => {
    const text = '{"topic":"a.v1","payload":1,"time":5,"key":"k"}\r\n\n{"topic":"a.v1","payload":null}';
    expect(parseIngress(Buffer.from(text), 'in', anything)).toEqual([
      { topic: 'a.v1', time: 5, key: 'k', payload: 1, source: 'ingress' },
      { topic: 'a.v1', time: 5, key: null, payload: null, source: 'ingress' },
    ]);
  });

  test.each([
    ['no JSON', 'x', ['VNES1002:1']],
    ['a mark of byte order, a space that is none of JSON', '\ufeff\n\u00a0', ['VNES1002:1', 'VNES1002:2']],
    ['such behind an object', '{"topic":"a.v1","payload":1}\u2028', ['VNES1002:1']],
    ['no object', '[]', ['VNES1101:1']],
    ['no topic', '{"payload":1}', ['VNES1101:1']],
    ['no payload', '{"topic":"a.v1"}', ['VNES1101:1']],
    ['an unknown field', '{"topic":"a.v1","payload":1,"tme":3}', ['VNES1101:1']],
    ['a fraction as time', '{"topic":"a.v1","payload":1,"time":1.5}', ['VNES1101:1']],
    ['a number as key', '{"topic":"a.v1","payload":1,"key":3}', ['VNES1101:1']],
    [
      'time that goes back',
      '{"topic":"a.v1","payload":1,"time":2}\n{"topic":"a.v1","payload":1,"time":1}',
      ['VNES1103:2'],
    ],
    [
      'an id twice',
      '{"topic":"a.v1","payload":1,"id":"x"}\n{"topic":"a.v1","payload":1,"id":"x"}',
      ['VNES1104:2'],
    ],
  ])('refuses %s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test('refuses bytes that are no text', () => {
    expect(() => parseIngress(Buffer.from([0xff, 0xfe]), 'in', anything)).toThrow('VNES1001');
  });

  test('reports every bad line at once, and stops listing at twenty', () => {
    expect(problems('x\n{"topic":"a.v1","payload":1}\ny')).toEqual(['VNES1002:1', 'VNES1002:3']);
    expect(problems('x\n'.repeat(50))).toHaveLength(21);
  });

  test('names what the topic has against a payload', () => {
    expect(problems('{"topic":"a.v1","payload":1}', () => ['must be string'])).toEqual(['VNES1102:1']);
  });
});

describe('schedules', () => {
  const at = (time: number) => ({ topic: 'a.v1', time, key: null, payload: 1, source: 'ingress' });
  const every = (every_ms: number) => ({ topic: 'tick.v1', every_ms, capsule: 'c' });

  test('tick between and before input of the same time, up to the last', () => {
    const woven = weaveSchedules([at(100), at(150), at(200)], [every(50)], 100);
    expect(woven.map(({ topic, time }) => `${topic}@${time}`)).toEqual([
      'a.v1@100',
      'tick.v1@150',
      'a.v1@150',
      'tick.v1@200',
      'a.v1@200',
    ]);
  });

  test('refuse to tick a million times', () => {
    expect(() => weaveSchedules([at(0), at(10_000_000)], [every(1)], 0)).toThrow('VNES6004');
  });
});
