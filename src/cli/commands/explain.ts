import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CODES, type Code } from '../../base/codes/all.ts';
import { fail } from '../../base/diagnostic.ts';
import { compareCodeUnits } from '../../base/order.ts';
import type { CommandSpec, Context, Result } from '../command.ts';

export const command: CommandSpec = {
  name: 'explain',
  summary: 'explain a diagnostic code',
  arguments: [{ name: 'code', help: 'a code such as VNES1002; without one, all codes are listed' }],
  options: [],
  examples: ['vnes explain VNES1002', 'vnes explain'],
  run: async (context, [code]) => (code === undefined ? listCodes() : explain(context, code)),
};

function listCodes(): Result {
  const codes = (Object.keys(CODES) as Code[]).sort(compareCodeUnits);
  return {
    data: codes.map(code => ({ code, title: CODES[code].title, exit: CODES[code].exit })),
    diagnostics: [],
    text: paint => codes.map(code => `${paint.bold(code)}  ${CODES[code].title}`).join('\n'),
  };
}

/** Prints the page of a code; `1002` and `vnes1002` are understood too. */
function explain(context: Context, typed: string): Result {
  const code = `VNES${typed.toUpperCase().replace(/^VNES/, '')}`;
  const page = join(context.asset('docs'), 'errors', `${code}.md`);
  if (!Object.hasOwn(CODES, code) || !existsSync(page)) {
    return fail('VNES9010', `there is no diagnostic code ${typed}`, {
      expected: 'VNES and four digits',
      help: 'vnes explain lists all codes',
    });
  }
  const text = readFileSync(page, 'utf8');
  return { data: { code, title: CODES[code as Code].title, text }, diagnostics: [], text: () => text };
}
