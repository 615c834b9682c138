import type { Report, Streams } from './report.ts';

/** Characters that JSON allows bare in a string, but that a terminal could obey or a reader misread. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff]|\p{Bidi_Control}/gu;

/** The common case, which is far quicker to tell. */
const PLAIN = /^[ -~]*$/;

/** For programs: exactly one document (schemas/cli-report.schema.json) on standard output, nothing on standard error. */
export function renderJson(report: Report): Streams {
  const { command, exitCode, data, diagnostics } = report;
  const document = { schemaVersion: 1, command, ok: exitCode === 0, exitCode, data, diagnostics };
  const text = JSON.stringify(document);
  return { out: `${PLAIN.test(text) ? text : text.replace(UNSAFE, toEscape)}\n`, err: '' };
}

function toEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
