import type { Paint } from '../command.ts';
import { escapeLog } from './escape.ts';

/** A stream as text meets it: how to mark colours, and the last step before the text is written. */
export interface Screen {
  readonly paint: Paint;
  /** Escapes what a terminal could obey, and turns the marks of `paint` into colours. */
  finish(text: string): string;
}

const same = (text: string): string => text;

/** A stream without colour. */
export const PLAIN: Screen = {
  paint: { good: same, bad: same, warn: same, dim: same, bold: same, accent: same },
  finish: escapeLog,
};
