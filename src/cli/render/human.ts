import { diagnosticText } from './diagnostic.ts';
import { escapeControls } from './escape.ts';
import type { Report, Streams, View } from './report.ts';

/** For people: the result on standard output, diagnostics on standard error. Where the output is data, all text moves over. */
export function renderHuman(report: Report, view: View): Streams {
  const shown = report.diagnostics.filter(each => !view.quiet || each.severity === 'error');
  const found = shown.map(each => `${diagnosticText(each, view.err.paint)}\n`);
  const isData = report.lines !== undefined;
  const text = view.quiet ? '' : lineEnd(report.text?.((isData ? view.err : view.out).paint) ?? '');
  const err = [...(isData && text !== '' ? [text] : []), ...found, ...more(report, view)];
  return {
    out: isData
      ? report.lines.map(line => `${view.terminal ? escapeControls(line) : line}\n`).join('')
      : view.out.finish(text),
    err: view.err.finish(err.join('\n')),
  };
}

function more(report: Report, view: View): string[] {
  const first = report.diagnostics.find(each => each.severity === 'error');
  if (!first || view.quiet) return [];
  return [`${view.err.paint.dim(`for more, run: vnes explain ${first.code}`)}\n`];
}

function lineEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
