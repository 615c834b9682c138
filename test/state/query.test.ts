import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { END, type Point, resolvePoint, START } from '../../src/state/point.ts';
import { diffBetween, historyOf, scanAt, versionAt } from '../../src/state/query.ts';
import { whyOf } from '../../src/state/why.ts';
import { openIndex, type RecordingIndex } from '../../src/store/index.ts';
import type { FrameRecord } from '../../src/store/record.ts';
import { codeOf, event, frame, HEADER, record, seal, write } from '../store/recording.ts';

let index: RecordingIndex;
beforeAll(async () => {
  index = await openIndex(record());
});
afterAll(() => index.close());

/** The point of an event of the recording. */
const at = (seq: number): Point => resolvePoint(index.database, String(seq));

describe('state as of an event', () => {
  it.each([
    ['x', 'start', undefined],
    ['x', 0, 1],
    ['x', 1, 1],
    ['x', 2, 2],
    ['x', 3, 2],
    ['x', 4, undefined],
    ['x', 'end', undefined],
    ['y', 0, undefined],
    ['y', 1, { deep: [1] }],
    ['z', 1, undefined],
    ['z', 2, 'late'],
    ['z', 'end', 'late'],
    ['nothing', 'end', undefined],
  ])('%s at %s', (key, reference, value) => {
    const point = resolvePoint(index.database, String(reference));
    expect(versionAt(index.database, key, point)?.value).toEqual(value);
  });

  it('lists the entries under a prefix', () => {
    const keys = (prefix: string, point: Point): string[] =>
      scanAt(index.database, prefix, point).map(({ key }) => key);
    expect(keys('', END)).toEqual(['y', 'z']);
    expect(keys('', at(2))).toEqual(['x', 'y', 'z']);
    expect(keys('y', END)).toEqual(['y']);
    expect(keys('', START)).toEqual([]);
  });

  it('tells a key by its versions', () => {
    expect(
      historyOf(index.database, 'x').map(({ version, value, cause, frame }) => [
        version,
        value,
        cause,
        frame,
      ]),
    ).toEqual([
      [1, 1, 0, 0],
      [2, 2, 2, 1],
      [3, null, 4, 2],
    ]);
    expect(historyOf(index.database, 'nothing')).toEqual([]);
  });

  it('differs between two events in what was written between them', () => {
    expect(diffBetween(index.database, at(1), at(2))).toEqual([
      { key: 'x', from: 1, to: 2 },
      { key: 'z', to: 'late' },
    ]);
    expect(diffBetween(index.database, END, at(2))).toEqual([{ key: 'x', to: 2 }]);
    expect(diffBetween(index.database, START, END).map(({ key }) => key)).toEqual(['y', 'z']);
    expect(diffBetween(index.database, at(2), at(2))).toEqual([]);
  });
});

describe('a reference to a point', () => {
  it.each([
    ['0', { frame: 0, event: 0 }],
    ['4', { frame: 2, event: 4 }],
    ['a.b.v1/0/3', { frame: 2, event: 4 }],
    ['start', START],
    ['end', END],
    ['frame:0', { frame: 0, event: END.event }],
    ['frame:2', { frame: 2, event: END.event }],
  ])('%s', (reference, point) => {
    expect(resolvePoint(index.database, reference)).toEqual(point);
  });

  it.each([
    ['5', 'VNES7012'],
    ['a.b.v1/1/0', 'VNES7012'],
    ['e.f.v1/0/0', 'VNES7012'],
    ['', 'VNES7013'],
    ['-1', 'VNES7013'],
    ['1.5', 'VNES7013'],
    ['a.b.v1/0', 'VNES7013'],
    ['yesterday', 'VNES7013'],
    ['frame:3', 'VNES7012'],
    ['frame:', 'VNES7013'],
    ['2027-02-30T00:00:00Z', 'VNES7013'],
    ['2027-01-01T00:00:00.5Z', 'VNES7013'],
  ])('%s is refused', async (reference, code) => {
    expect(await codeOf(() => resolvePoint(index.database, reference))).toBe(code);
  });
});

describe('a time', () => {
  const timedFrame = (time: number, parts: Partial<FrameRecord>, number: number) =>
    frame(number, { ...parts, time });
  const second = (count: number) => new Date(count * 1000).toISOString().replace('.000', '');
  let timed: RecordingIndex;
  beforeAll(async () => {
    timed = await openIndex(
      record([
        HEADER,
        timedFrame(2000, { ingress: [event(0), event(1)], published: [event(2, 'out', 'c.d.v1', 0)] }, 0),
        timedFrame(0, { published: [{ ...event(3, 'late', 'c.d.v1', 1), cause: 2 }] }, 1),
        timedFrame(5000, { ingress: [event(4, { n: 4 }, 'a.b.v1', 2)] }, 2),
        seal(3, 5),
      ]),
    );
  });
  afterAll(() => timed.close());

  it.each([
    [1, START],
    [2, { frame: 1, event: END.event }],
    [4, { frame: 1, event: END.event }],
    [5, END],
    [99, END],
  ])('second %i is the end of the last frame that knew no later one', (count, point) => {
    expect(resolvePoint(timed.database, second(count))).toEqual(point);
  });
});

describe('why a key has its value', () => {
  let caused: RecordingIndex;
  beforeAll(async () => {
    const published = (seq: number, cause: number, offset: number) => ({
      ...event(seq, `from ${cause}`, 'c.d.v1', offset),
      source: 'user.a',
      cause,
    });
    caused = await openIndex(
      record([
        HEADER,
        frame(0, { ingress: [event(0), event(1)], published: [published(2, 1, 0)] }),
        frame(1, { published: [published(3, 2, 1)], writes: [write('k', 'early', 1, 2)] }),
        frame(2, { writes: [write('k', 'now', 2, 3)] }),
        seal(3, 4),
      ]),
    );
  });
  afterAll(() => caused.close());

  it('is the chain of events from its version back to the input', () => {
    const why = whyOf(caused.database, 'k', END)!;
    expect(why.version).toMatchObject({ value: 'now', version: 2, cause: 3 });
    expect(why.links.map(({ seq, source, frame: of }) => [seq, source, of])).toEqual([
      [3, 'user.a', 1],
      [2, 'user.a', 0],
      [1, 'ingress', 0],
    ]);
    expect(
      whyOf(caused.database, 'k', resolvePoint(caused.database, '2'))!.links.map(({ seq }) => seq),
    ).toEqual([2, 1]);
    expect(whyOf(caused.database, 'k', resolvePoint(caused.database, '1'))).toBeUndefined();
  });

  it.each([
    ['an event that is caused by a later one', { published: [{ ...event(1, 'x', 'c.d.v1', 0), cause: 1 }] }],
    ['a write for an event that does not exist', { writes: [write('k', 1, 1, 1)] }],
  ])('is not asked of %s', async (_, parts) => {
    const forged = () => record([HEADER, frame(0, { ingress: [event(0)], ...parts })]);
    expect(forged).toThrow();
  });
});
