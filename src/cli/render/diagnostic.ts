import type { Diagnostic, Place, Severity } from '../../base/diagnostic.ts';
import type { Paint } from '../command.ts';
import { escapeLine } from './escape.ts';

const COLOURS: Readonly<Record<Severity, keyof Paint>> = { error: 'bad', warning: 'warn', note: 'accent' };

/** A diagnostic as text: what is wrong, where, what was expected and found, and what to do. Readable without colour. */
export function diagnosticText(diagnostic: Diagnostic, paint: Paint): string {
  const { code, severity, message, place, expected, found, help } = diagnostic;
  const label = paint[COLOURS[severity]](paint.bold(`${severity}[${code}]`));
  return [
    `${label}: ${hang(message, 2)}`,
    ...placeLines(place, paint),
    ...field('expected', expected, paint),
    ...field('found', found, paint),
    ...field('help', help, paint),
  ].join('\n');
}

function placeLines(place: Place | undefined, paint: Paint): string[] {
  const where = placeText(place);
  const lines = where === '' ? [] : [`  ${paint.accent('-->')} ${where}`];
  if (place?.frame !== undefined) lines.push(paint.dim(`    ${hang(place.frame, 4)}`));
  return lines;
}

/** `file:line:column (/pointer)`, as far as it is known. */
export function placeText(place: Place | undefined): string {
  if (!place) return '';
  const spot = [place.file, place.line, place.column].filter(part => part !== undefined);
  const pointer = place.pointer ? `(${escapeLine(place.pointer)})` : '';
  return [escapeLine(spot.join(':')), pointer].filter(part => part !== '').join(' ');
}

function field(name: string, value: string | undefined, paint: Paint): string[] {
  if (value === undefined) return [];
  const label = `  ${name}: `;
  return [`  ${paint.bold(`${name}:`)} ${hang(value, label.length)}`];
}

/** Indents all lines but the first, so that no line of an input can pass for one of ours. */
function hang(text: string, by: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(by)}`);
}
