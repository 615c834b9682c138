import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { differences } from '../../scripts/demo/compare.ts';
import { parseCsv } from '../../scripts/demo/csv.ts';
import { seattleWeather, toEvents, toNdjson } from '../../scripts/demo/events.ts';

const HEADER = 'date,precipitation,temp_max,temp_min,wind,weather\n';

describe('csv', () => {
  it('reads quotes, line breaks in quotes and both line ends', () => {
    expect(parseCsv('a,"b ""c"", d"\r\n"x\ny",\n')).toEqual([
      ['a', 'b "c", d'],
      ['x\ny', ''],
    ]);
  });

  it('reads a last record without a line end', () => {
    expect(parseCsv('a,b\nc,')).toEqual([
      ['a', 'b'],
      ['c', ''],
    ]);
  });

  it.each(['a"b,c\n', '"a"b\n', '"a'])('refuses stray quotes: %j', text => {
    expect(() => parseCsv(text)).toThrow('quote');
  });
});

describe('events', () => {
  it('turns every day of the data set into one event, in order', () => {
    const events = toEvents(readFileSync(seattleWeather(), 'utf8'));
    expect(events).toHaveLength(1461);
    expect(events[0]).toEqual({
      id: 'seattle-2012-01-01',
      topic: 'weather.day.v1',
      time: Date.UTC(2012, 0, 1),
      key: 'seattle',
      payload: {
        day: '2012-01-01',
        precipitation: 0,
        temp_max: 12.8,
        temp_min: 5,
        wind: 4.7,
        weather: 'drizzle',
      },
    });
    expect(events.every((event, index) => event.time === events[0]!.time + index * 86_400_000)).toBe(true);
    expect(toNdjson(events).split('\n')).toHaveLength(1462);
  });

  it.each([
    ['', 'columns'],
    [HEADER, 'no rows'],
    [`${HEADER}2012-13-01,0,1,2,3,rain\n`, 'line 2'],
    [`${HEADER}2012-01-01,0,1,2,3,rain\n2012-01-02,,1,2,3,rain\n`, 'line 3'],
    [`${HEADER}2012-01-01,0,1,2,3\n`, 'line 2'],
  ])('refuses the table %j', (csv, message) => {
    expect(() => toEvents(csv)).toThrow(message);
  });
});

describe('differences', () => {
  it('finds nothing between equals, and ignores fractions of a billionth', () => {
    expect(differences({ a: [1, 0.5 + 1e-12, 'x'], more: 1 }, { a: [1, 0.5, 'x'] })).toEqual([]);
  });

  it.each([
    [{ a: 0.5 + 1e-8 }, { a: 0.5 }, '/a'],
    [{ a: 1 + 1e-12 }, { a: 1 }, '/a'],
    [{ a: [1] }, { a: [1, 2] }, '/a/length'],
    [{ a: [1, 2] }, { a: [1] }, '/a/length'],
    [{}, { a: 1 }, '/a'],
    [{ a: {} }, { a: [] }, '/a'],
  ])('%j is not %j', (actual, expected, pointer) => {
    expect(differences(actual, expected)[0]).toMatch(new RegExp(`^${pointer}:`));
  });
});
