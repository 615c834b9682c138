import type { Memory } from './memory.ts';

/** The fields of C's `struct tm`, of 32 bits each, in their order. */
export interface Moment {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  /** From 0. */
  readonly month: number;
  readonly year: number;
  /** From 0, a Sunday. */
  readonly weekday: number;
  /** From 0. */
  readonly yearday: number;
}

const DAY = 86_400;
const EPOCH_YEAR = 1900;

/** A moment of universal time; there is no other time zone in a sandbox. @param seconds since the Unix epoch */
export function momentOf(seconds: number): Moment {
  const days = Math.floor(seconds / DAY);
  const rest = seconds - days * DAY;
  const [year, month, day] = civil(days);
  return {
    second: rest % 60,
    minute: Math.floor(rest / 60) % 60,
    hour: Math.floor(rest / 3600),
    day,
    month,
    year,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearday: days - daysOf(year, 0, 1),
  };
}

/** Seconds since the Unix epoch; fields may lie outside of their ranges. */
export function secondsOf({ year, month, day, hour, minute, second }: Moment): number {
  return daysOf(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
}

/** Days since the epoch of a date of the proleptic Gregorian calendar; months count from 0 and may be any number. */
function daysOf(year: number, month: number, day: number): number {
  const months = year * 12 + month - 2;
  const y = Math.floor(months / 12);
  const m = months - y * 12;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * m + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

/** Year, month from 0 and day of the month of a day since the epoch. */
function civil(days: number): [year: number, month: number, day: number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const m = Math.floor((5 * ofYear + 2) / 153);
  const month = (m + 2) % 12;
  return [year + era * 400 + (month < 2 ? 1 : 0), month, ofYear - Math.floor((153 * m + 2) / 5) + 1];
}

export function writeMoment(memory: Memory, at: number, moment: Moment): void {
  const { second, minute, hour, day, month, year, weekday, yearday } = moment;
  const fields = [second, minute, hour, day, month, year - EPOCH_YEAR, weekday, yearday, 0, 0];
  for (const [index, field] of fields.entries()) memory.view.setInt32(at + 4 * index, field, true);
}

export function readMoment(memory: Memory, at: number): Moment {
  const field = (index: number) => memory.view.getInt32(at + 4 * index, true);
  return {
    second: field(0),
    minute: field(1),
    hour: field(2),
    day: field(3),
    month: field(4),
    year: field(5) + EPOCH_YEAR,
    weekday: field(6),
    yearday: field(7),
  };
}
