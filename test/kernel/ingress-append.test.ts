import { describe, expect, test } from 'vitest';
import { addEvents } from '../../src/kernel/ingress-append.ts';
import type { IngressLine } from '../../src/kernel/ingress-line.ts';
import { codeOf } from '../store/recording.ts';

const fine = () => [];
const NOW = 5000;

function add(before: string, events: readonly IngressLine[], check: () => string[] = fine) {
  return addEvents({ name: 'in', bytes: Buffer.from(before) }, events, { check, now: NOW });
}

const event = (more: Partial<IngressLine> = {}): IngressLine => ({
  topic: 'a.v1',
  payload: { b: 1, a: 2 },
  ...more,
});

describe('adding to an input', () => {
  test('makes canonical lines, at the present or after what is there', () => {
    expect(add('', [event({ id: 'x' })]).text).toBe(
      '{"id":"x","payload":{"a":2,"b":1},"time":5000,"topic":"a.v1"}\n',
    );
    const late = '{"topic":"a.v1","payload":1,"time":9000}\n';
    expect(add(late, [event()]).text).toContain('"time":9000');
  });

  test('does nothing for an event that is there, whenever that was', () => {
    const first = add('', [event({ id: 'x' })]);
    const { text, added, known, total } = add(first.text, [
      event({ id: 'x' }),
      event({ id: 'x', time: NOW }),
    ]);
    expect({ text, added, known, total }).toEqual({ text: '', added: 0, known: 2, total: 1 });
  });

  test('ends a last line that a person left open', () => {
    expect(add('{"topic":"a.v1","payload":1}', [event()])).toMatchObject({ added: 1, total: 2 });
  });

  test.each<[string, string, () => unknown]>([
    [
      'another event of the same id',
      'VNES1104',
      () => add(add('', [event({ id: 'x' })]).text, [event({ id: 'x', payload: 2 })]),
    ],
    [
      'the same event at another time',
      'VNES1104',
      () => add(add('', [event({ id: 'x' })]).text, [event({ id: 'x', time: 1 })]),
    ],
    [
      'two of one id at once',
      'VNES1104',
      () => add('', [event({ id: 'x' }), event({ id: 'x', payload: 2 })]),
    ],
    [
      'an event before the last',
      'VNES1103',
      () => add('{"topic":"a.v1","payload":1,"time":9000}\n', [event({ time: 1 })]),
    ],
    ['what does not fit', 'VNES1102', () => add('', [event()], () => ['no'])],
    ['a torn end', 'VNES1002', () => add('{"topic":"a.v1","payl', [event()])],
  ])('refuses %s', async (_, code, action) => expect(await codeOf(action)).toBe(code));
});
