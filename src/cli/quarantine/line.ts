import type { Paint } from '../command.ts';

/** A part of a line, with its colour or without. */
export type Span = string | readonly [style: keyof Paint, text: string];
/** A line of text before anybody knows how it is shown: printed, or cut to the width of a screen. */
export type Line = readonly Span[];

/** A line as it is printed. It stays one, whatever it holds; what a terminal could obey is escaped later, with the whole text. */
export function paintLine(line: Line, paint: Paint): string {
  return line
    .map(span => (typeof span === 'string' ? oneLine(span) : paint[span[0]](oneLine(span[1]))))
    .join('');
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n');
}

/** A name in front of a value. */
export function row(label: string, ...value: Line): Line {
  return [['dim', `${label}: `], ...value];
}

/** Every line moved to the right. */
export function indent(lines: readonly Line[], by = '  '): readonly Line[] {
  return lines.map(line => [by, ...line]);
}
