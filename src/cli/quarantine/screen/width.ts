import stringWidth from 'string-width';
import { escapeLine } from '../../render/escape.ts';
import type { Line, Span } from '../line.ts';

const TAB = '    ';
const CUT = '…';

/** Columns that a text takes on a terminal. */
export function widthOf(line: Line): number {
  return line.reduce((sum, span) => sum + stringWidth(textOf(span)), 0);
}

/** A line whose text is safe to show: nothing in it is obeyed, and it stays on one line. */
export function safe(line: Line): Line {
  return line.map(span => withText(span, escapeLine(textOf(span).replaceAll('\t', TAB))));
}

/** Cuts or fills a line to exactly `width` columns; what is cut ends in an ellipsis. */
export function toWidth(line: Line, width: number): Line {
  if (width <= 0) return [];
  const spare = width - widthOf(line);
  if (spare >= 0) return spare === 0 ? line : [...line, ' '.repeat(spare)];
  return toWidth([...toLine(upTo(toCells(line), width - 1)), CUT], width);
}

/** Breaks a line into lines of at most `width` columns: after spaces, where there are any. The rest keeps the indent. */
export function wrap(line: Line, width: number): readonly Line[] {
  if (widthOf(line) <= width) return [line];
  const cells = toCells(line);
  const indent = cells.slice(
    0,
    cells.findIndex(({ text }) => text !== ' '),
  );
  const margin = indent.length < width / 2 ? indent : [];
  const lines: Line[] = [];
  let rest = cells;
  while (rest.length > 0) {
    const head = whole(rest, upTo(rest, Math.max(2, width)));
    lines.push(toLine(head));
    rest = rest.slice(head.length);
    if (rest.length > 0) rest = [...margin, ...rest];
  }
  return lines;
}

/** One character of a line, with its place among the spans. */
interface Cell {
  readonly text: string;
  readonly columns: number;
  readonly style: Exclude<Span, string>[0] | undefined;
}

function toCells(line: Line): readonly Cell[] {
  return line.flatMap(span => {
    const style = typeof span === 'string' ? undefined : span[0];
    return [...textOf(span)].map(text => ({ text, columns: stringWidth(text), style }));
  });
}

/** The cells that fit into so many columns; at least one. */
function upTo(cells: readonly Cell[], width: number): readonly Cell[] {
  let used = 0;
  const beyond = cells.findIndex(({ columns }) => {
    used += columns;
    return used > width;
  });
  return beyond < 0 ? cells : cells.slice(0, Math.max(1, beyond));
}

/** As many of the cells as end with a word, if that is not too few. */
function whole(all: readonly Cell[], cells: readonly Cell[]): readonly Cell[] {
  if (cells.length === all.length || all[cells.length]!.text === ' ') return cells;
  const space = cells.findLastIndex(({ text }) => text === ' ');
  return space < cells.length / 2 ? cells : cells.slice(0, space + 1);
}

function toLine(cells: readonly Cell[]): Line {
  const spans: Span[] = [];
  for (let start = 0; start < cells.length; ) {
    const { style } = cells[start]!;
    const change = cells.findIndex((cell, index) => index > start && cell.style !== style);
    const end = change < 0 ? cells.length : change;
    const text = cells
      .slice(start, end)
      .map(cell => cell.text)
      .join('');
    spans.push(style === undefined ? text : [style, text]);
    start = end;
  }
  return spans;
}

function textOf(span: Span): string {
  return typeof span === 'string' ? span : span[1];
}

function withText(span: Span, text: string): Span {
  return typeof span === 'string' ? text : [span[0], text];
}
