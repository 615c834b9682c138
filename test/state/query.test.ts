import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  diffBetween,
  END,
  historyOf,
  resolveEvent,
  START,
  scanAt,
  versionAt,
} from '../../src/state/query.ts';
import { openIndex, type RecordingIndex } from '../../src/store/index.ts';
import { codeOf, record } from '../store/recording.ts';

let index: RecordingIndex;
beforeAll(async () => {
  index = await openIndex(record());
});
afterAll(() => index.close());

describe('state as of an event', () => {
  it.each([
    ['x', START, undefined],
    ['x', 0, 1],
    ['x', 1, 1],
    ['x', 2, 2],
    ['x', 3, 2],
    ['x', 4, undefined],
    ['x', END, undefined],
    ['y', 0, undefined],
    ['y', 1, { deep: [1] }],
    ['z', 1, undefined],
    ['z', 2, 'late'],
    ['z', END, 'late'],
    ['nothing', END, undefined],
  ])('%s at %i', (key, at, value) => {
    expect(versionAt(index.database, key, at)?.value).toEqual(value);
  });

  it('lists the entries under a prefix', () => {
    const keys = (prefix: string, at: number): string[] =>
      scanAt(index.database, prefix, at).map(({ key }) => key);
    expect(keys('', END)).toEqual(['y', 'z']);
    expect(keys('', 2)).toEqual(['x', 'y', 'z']);
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
    expect(diffBetween(index.database, 1, 2)).toEqual([
      { key: 'x', from: 1, to: 2 },
      { key: 'z', to: 'late' },
    ]);
    expect(diffBetween(index.database, END, 2)).toEqual([{ key: 'x', to: 2 }]);
    expect(diffBetween(index.database, START, END).map(({ key }) => key)).toEqual(['y', 'z']);
    expect(diffBetween(index.database, 2, 2)).toEqual([]);
  });
});

describe('a reference to an event', () => {
  it.each([
    ['0', 0],
    ['4', 4],
    ['a.b.v1/0/3', 4],
    ['c.d.v1/0/0', 3],
    ['start', START],
    ['end', END],
  ])('%s', (reference, seq) => {
    expect(resolveEvent(index.database, reference)).toBe(seq);
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
  ])('%s is refused', async (reference, code) => {
    expect(await codeOf(() => resolveEvent(index.database, reference))).toBe(code);
  });
});
