import { toEscape } from './escape.ts';
import type { Report, Streams } from './report.ts';

/** Characters that JSON allows bare in a string, but that a terminal could obey or a reader misread. */
const UNSAFE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The common case, which is far quicker to tell. */
const PLAIN = /^[ -~]*$/;

/** For programs: exactly one document (schemas/cli-report.schema.json) on standard output, nothing on standard error. */
export function renderJson(report: Report): Streams {
  const { command, exitCode, data, diagnostics } = report;
  const document = { schemaVersion: 1, command, ok: exitCode === 0, exitCode, data, diagnostics };
  const text = JSON.stringify(document);
  return { out: `${PLAIN.test(text) ? text : text.replace(UNSAFE, toEscape)}\n`, err: '' };
}
