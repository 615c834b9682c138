import type { CodeEntry } from './entry.ts';

/** 1xxx: input and schema. Each code has a page in docs/errors/. */
export const INPUT_CODES = {
  VNES1001: { title: 'text is not valid UTF-8', exit: 'usage' },
  VNES1002: { title: 'JSON syntax error', exit: 'usage' },
  VNES1003: { title: 'duplicate key in a JSON object', exit: 'usage' },
  VNES1004: { title: 'JSON number that cannot be kept exactly', exit: 'usage' },
  VNES1005: { title: 'JSON document beyond a limit', exit: 'usage' },
  VNES1006: { title: 'JSON string with a lone surrogate', exit: 'usage' },
  VNES1007: { title: 'forbidden key in a JSON object', exit: 'usage' },
  VNES1010: { title: 'path does not exist or cannot be read', exit: 'usage' },
  VNES1011: { title: 'document violates its schema', exit: 'usage' },
  VNES1012: { title: 'file or folder cannot be written', exit: 'environment' },
  VNES1020: { title: 'capsule has no manifest', exit: 'usage' },
  VNES1050: { title: 'unknown template', exit: 'usage' },
  VNES1051: { title: 'capsule id is not well formed', exit: 'usage' },
  VNES1052: { title: 'target folder is not free', exit: 'usage' },
  VNES1101: { title: 'input line is malformed', exit: 'usage' },
  VNES1102: { title: 'input line does not fit its topic', exit: 'usage' },
  VNES1103: { title: 'input goes back in time', exit: 'usage' },
  VNES1104: { title: 'event id occurs twice', exit: 'usage' },
  VNES1106: { title: 'input holds no events', exit: 'usage' },
  VNES1107: { title: 'another process adds to the input', exit: 'environment' },
} as const satisfies Record<`VNES1${number}`, CodeEntry>;
