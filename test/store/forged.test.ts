import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { openIndex } from '../../src/store/index.ts';
import { forge } from './forge.ts';
import { codeOf, event, frame, HEADER, readAll, write } from './recording.ts';

const header = canonicalJson(HEADER as unknown as JsonValue);
const text = (value: unknown): string => canonicalJson(value as JsonValue);

describe('a journal with sound framing', () => {
  it.each([
    ['is read when its records are right', [header, text(frame(0, { ingress: [event(0)] }))], undefined],
    ['but no JSON', [header, 'hello'], 'VNES8003'],
    ['but bytes that are not UTF-8', [header, Buffer.from([0x22, 0xff, 0x22])], 'VNES8003'],
    ['but JSON that is not canonical', [header.replace('{', '{ ')], 'VNES8003'],
    ['but a duplicate key', [`{"type":"header",${header.slice(1)}`], 'VNES8003'],
    ['but no record', [header, '[]'], 'VNES8003'],
    ['but an unknown type', [header, text({ type: 'note' })], 'VNES8003'],
    ['but a field too many', [header, text({ ...frame(0, {}), extra: 1 })], 'VNES8003'],
    ['but a field of the wrong type', [header, text({ ...frame(0, {}), time: '0' })], 'VNES8003'],
    [
      'but a fraction for a count',
      [header, text(frame(0, { ingress: [{ ...event(0), time: 0.5 }] }))],
      'VNES8003',
    ],
    ['but no header', [text(frame(0, {}))], 'VNES8003'],
    ['but a frame out of place', [header, text(frame(1, {}))], 'VNES8003'],
    ['but an event out of place', [header, text(frame(0, { ingress: [event(1)] }))], 'VNES8003'],
    [
      'but an offset out of place',
      [header, text(frame(0, { ingress: [event(0, 1, 'a.b.v1', 1)] }))],
      'VNES8003',
    ],
    [
      'but a delivery of an event to come',
      [header, text(frame(0, { deliveries: [{ event: 0, to: 'a', outcome: 'ok' }] }))],
      'VNES8003',
    ],
    ['but another format', [text({ ...HEADER, format: 3 })], 'VNES8004'],
    ['but the format of a branch', [text({ ...HEADER, format: 2 })], 'VNES8003'],
    ['but an unknown flag', [text({ ...HEADER, flags: ['future'] })], 'VNES8004'],
  ])('%s', (_name, payloads, code) => {
    expect(readAll(forge(payloads)).code).toBe(code);
  });

  it('but a version of a key left out is refused when it is indexed', async () => {
    const dir = forge([header, text(frame(0, { ingress: [event(0)], writes: [write('x', 1, 2, 0)] }))]);
    expect(await codeOf(() => openIndex(dir))).toBe('VNES8003');
  });
});
