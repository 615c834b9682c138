import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseCsv } from './csv.ts';

/** One day of the data set, with the units that its documentation states. */
export interface WeatherDay {
  readonly day: string;
  /** Millimetres. */
  readonly precipitation: number;
  /** Degrees Celsius. */
  readonly temp_max: number;
  readonly temp_min: number;
  /** Metres a second. */
  readonly wind: number;
  readonly weather: string;
}

/** A line of the ingress file of `vnes run`. */
export interface IngressEvent {
  readonly id: string;
  readonly topic: string;
  /** Milliseconds since the Unix epoch, UTC. */
  readonly time: number;
  readonly key: string;
  readonly payload: WeatherDay;
}

const COLUMNS = ['date', 'precipitation', 'temp_max', 'temp_min', 'wind', 'weather'];

/** Path of the daily Seattle weather in the npm package `vega-datasets`. */
export function seattleWeather(): string {
  return fileURLToPath(new URL('../data/seattle-weather.csv', import.meta.resolve('vega-datasets')));
}

/** The events of a weather table. @throws Error naming the line when the table is not as expected. */
export function toEvents(csv: string): IngressEvent[] {
  const [header, ...rows] = parseCsv(csv);
  if (header?.join() !== COLUMNS.join())
    throw new Error(`expected the columns ${COLUMNS.join()}, found ${header?.join()}`);
  if (rows.length === 0) throw new Error('the table has no rows');
  return rows.map((row, index) => toEvent(row, index + 2));
}

/** Events as newline-delimited JSON. */
export function toNdjson(events: readonly IngressEvent[]): string {
  return events.map(event => `${JSON.stringify(event)}\n`).join('');
}

function toEvent(row: readonly string[], line: number): IngressEvent {
  const [day = '', precipitation, max, min, wind, weather = ''] = row;
  const time = Date.parse(`${day}T00:00:00Z`);
  const [rain, high, low, speed] = [precipitation, max, min, wind].map(text => Number(text || Number.NaN));
  if (row.length !== COLUMNS.length || ![time, rain, high, low, speed].every(Number.isFinite)) {
    throw new Error(`line ${line}: not a day of weather: ${row.join()}`);
  }
  const payload = { day, precipitation: rain!, temp_max: high!, temp_min: low!, wind: speed!, weather };
  return { id: `seattle-${day}`, topic: 'weather.day.v1', time, key: 'seattle', payload };
}

if (import.meta.main) {
  const [target, source = seattleWeather()] = process.argv.slice(2);
  if (!target) throw new Error('usage: node scripts/demo/events.ts OUTPUT.ndjson [WEATHER.csv]');
  writeFileSync(target, toNdjson(toEvents(readFileSync(source, 'utf8'))));
}
