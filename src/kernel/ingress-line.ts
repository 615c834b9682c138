import { fail } from '../base/diagnostic.ts';
import { type JsonObject, type JsonValue, parseJson } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';

/** One line of an NDJSON input, as written. */
export interface IngressLine {
  readonly topic: string;
  readonly payload: JsonValue;
  /** Virtual time in milliseconds since the Unix epoch; without it, that of the line before. */
  readonly time?: number;
  readonly key?: string | null;
  /** The sender's name for the event; no two lines of an input may share one. */
  readonly id?: string;
}

interface FieldRule {
  readonly required?: boolean;
  readonly expected: string;
  readonly accepts: (value: JsonValue) => boolean;
}

const isText = (value: JsonValue): boolean => typeof value === 'string';

const FIELDS: Readonly<Record<string, FieldRule>> = {
  topic: { required: true, expected: 'a string', accepts: isText },
  payload: { required: true, expected: 'any JSON value', accepts: () => true },
  time: {
    expected: 'whole milliseconds since 1970, from 0',
    accepts: value => Number.isSafeInteger(value) && (value as number) >= 0,
  },
  key: { expected: 'a string or null', accepts: value => value === null || isText(value) },
  id: { expected: 'a string', accepts: isText },
};

/** What JSON allows between values, and nothing else that looks like nothing. */
const BLANK = /^[ \t\r]*$/;

/** Whether a line holds no event. */
export function isBlank(line: string): boolean {
  return BLANK.test(line);
}

/** Parses one line, whose end may have a carriage return. @throws Failure VNES1101, or VNES100x for what is not JSON; the line's number is the caller's to add. */
export function parseIngressLine(text: string, file: string): IngressLine {
  const line = text.endsWith('\r') ? text.slice(0, -1) : text;
  const value = parseJson(line, { file, maxBytes: LIMITS.inputLineBytes });
  const place = { file };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail('VNES1101', 'an input line is not an object', { place, expected: '{"topic": ..., "payload": ...}' });
  }
  const fields = value as JsonObject;
  for (const name of Object.keys(fields)) {
    if (Object.hasOwn(FIELDS, name)) continue;
    const expected = Object.keys(FIELDS).join(', ');
    fail('VNES1101', 'an input line has an unknown field', { place, expected, found: JSON.stringify(name) });
  }
  for (const [name, { required, expected, accepts }] of Object.entries(FIELDS)) {
    const field = fields[name];
    if (field === undefined ? !required : accepts(field)) continue;
    const found = field === undefined ? 'nothing' : JSON.stringify(field).slice(0, 80);
    fail('VNES1101', `the ${name} of an input line is not usable`, { place, expected, found });
  }
  return fields as unknown as IngressLine;
}
