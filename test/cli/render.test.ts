import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diagnose, warn } from '../../src/base/diagnostic.ts';
import { colourScreen } from '../../src/cli/render/colour.ts';
import { renderHuman } from '../../src/cli/render/human.ts';
import { renderJson } from '../../src/cli/render/json.ts';
import { failureReport, resultReport, type View } from '../../src/cli/render/report.ts';
import { PLAIN } from '../../src/cli/render/screen.ts';

const VIEW: View = { out: PLAIN, err: PLAIN, quiet: false, terminal: false };
const OBEYED = /[^\P{Cc}\n\t]|\p{Bidi_Control}/u;
const HOSTILE = fc.string({
  unit: fc.oneof(fc.constantFrom('\u001b', '\u009b', '\r', '\n', '\u202e', '\ufdd0', 'a'), fc.string()),
});

describe('text for people', () => {
  const diagnostic = diagnose('VNES1002', 'a comma is missing', {
    place: { file: 'a.json', line: 2, column: 3, pointer: '/id', frame: '2 | "a"\n  |   ^' },
    expected: '","',
    found: 'the end\nof the file',
    help: 'add one',
  });

  test('a diagnostic says what, where, expected, found and what to do', () => {
    expect(renderHuman(failureReport('verify', [diagnostic]), VIEW)).toEqual({
      out: '',
      err: `error[VNES1002]: a comma is missing
  --> a.json:2:3 (/id)
    2 | "a"
      |   ^
  expected: ","
  found: the end
         of the file
  help: add one

for more, run: vnes explain VNES1002
`,
    });
  });

  test('the text of a result moves to standard error when the output is data', () => {
    const result = { data: null, diagnostics: [], text: () => 'two lines', lines: ['{"a":1}', '{"a":2}'] };
    expect(renderHuman(resultReport('bus log', result), VIEW)).toEqual({
      out: '{"a":1}\n{"a":2}\n',
      err: 'two lines\n',
    });
  });

  test('quiet keeps data and errors', () => {
    const result = {
      data: null,
      diagnostics: [warn('VNES1002', 'w'), diagnostic],
      text: () => 'text',
      lines: ['1'],
    };
    const { out, err } = renderHuman(resultReport('run', result), { ...VIEW, quiet: true });
    expect(out).toBe('1\n');
    expect(err).toMatch(/^error\[VNES1002\]/);
    expect(err).not.toMatch(/warning|text|for more/);
  });

  test('nothing that a terminal could obey comes through, and no line of an input stands at the left edge', () => {
    fc.assert(
      fc.property(HOSTILE, HOSTILE, (message, found) => {
        const report = failureReport(null, [
          diagnose('VNES1002', message, { found, place: { file: message } }),
        ]);
        const { err } = renderHuman(report, VIEW);
        expect(err).not.toMatch(OBEYED);
        for (const line of err.trimEnd().split('\n'))
          expect(line).toMatch(/^(error\[VNES1002\]|for more|\s|$)/);
      }),
    );
  });

  test('an input cannot bring colours of its own, whatever it holds', () => {
    const secret = '00ff';
    const screen = colourScreen(secret);
    fc.assert(
      fc.property(HOSTILE, text => {
        const shown = screen.finish(screen.paint.bad(text));
        expect(shown.startsWith('\u001b[31m') && shown.endsWith('\u001b[39m')).toBe(true);
        expect(shown.slice(5, -5)).not.toMatch(OBEYED);
      }),
    );
  });
});

describe('the JSON document', () => {
  test('holds any text unchanged, in characters that are safe to print', () => {
    fc.assert(
      fc.property(HOSTILE, text => {
        const { out, err } = renderJson(failureReport(null, [diagnose('VNES1002', text)]));
        expect(err).toBe('');
        expect(out.trimEnd()).not.toMatch(OBEYED);
        expect(JSON.parse(out).diagnostics[0].message).toBe(text);
      }),
    );
  });
});
