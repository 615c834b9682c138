import { Chalk, type ChalkInstance } from 'chalk';
import type { Paint } from '../command.ts';
import { escapeLog } from './escape.ts';
import type { Screen } from './screen.ts';

type Style = keyof Paint;

const chalk = new Chalk({ level: 1 });
const STYLES: Readonly<Record<Style, ChalkInstance>> = {
  good: chalk.green,
  bad: chalk.red,
  warn: chalk.yellow,
  dim: chalk.dim,
  bold: chalk.bold,
  accent: chalk.cyan,
};

/**
 * A stream with colour. Text is marked with a secret first and coloured after everything else in it was escaped, so that a
 * file name or a payload cannot bring colours of its own.
 */
export function colourScreen(secret: string): Screen {
  const mark = (style: Style, end: string): string => `\ufdd0${secret}${style}${end}\ufdd1`;
  const paint = Object.fromEntries(
    Object.keys(STYLES).map(name => {
      const style = name as Style;
      return [style, (text: string) => `${mark(style, '+')}${text}${mark(style, '-')}`];
    }),
  ) as Record<Style, (text: string) => string>;
  const marks = new RegExp(`\ufdd0${secret}([a-z]+)([+-])\ufdd1`, 'g');
  return {
    paint,
    finish: text =>
      escapeLog(text).replace(marks, (_, style: Style, end: string) => ansi(STYLES[style], end)),
  };
}

function ansi(style: ChalkInstance, end: string): string {
  const [open = '', close = ''] = style('|').split('|');
  return end === '+' ? open : close;
}
