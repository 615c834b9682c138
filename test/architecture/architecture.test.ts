import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CODES } from '../../src/base/codes/all.ts';
import { codeProblems } from './codes.ts';
import {
  auditsAlone,
  fileLength,
  folderOrder,
  noAmbient,
  noCycles,
  noEscapes,
  packageOwners,
  type Rule,
} from './rules.ts';
import { readSources, type SourceFile } from './sources.ts';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = readSources(join(ROOT, 'src'));

function files(texts: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }));
}

/** Each rule, with small sources that break it and how often they do. */
const RULES: readonly (readonly [string, Rule, number, Readonly<Record<string, string>>])[] = [
  [
    'imports go down only',
    folderOrder,
    6,
    {
      'base/a.ts': "import { b } from '../trust/b.ts';",
      'base/b.ts': "export * from '../capsule/b.ts';",
      'base/c.ts': "import type { c } from '../cli/c.ts';",
      'kernel/a.ts': "const lab = await import('../lab/a.ts');",
      'bus/a.ts': "import { s } from '../state/s.ts';",
      'utils/a.ts': "import { b } from '../base/b.ts';",
      'cli/good.ts': "import { b } from '../base/b.ts'; // import '../nowhere/b.ts'",
    },
  ],
  [
    'what sandboxes pin is let go by audits alone',
    auditsAlone,
    2,
    {
      'kernel/session.ts': "import { auditRung } from '../sandbox/audit-rung.ts';",
      'lab/replay.ts': "const { auditRung } = await import('../sandbox/audit-rung.ts');",
      'lab/audit/perform.ts': "import { auditRung } from '../../sandbox/audit-rung.ts';",
    },
  ],
  [
    'no cycles',
    noCycles,
    1,
    {
      'base/a.ts': "import './b.ts';",
      'base/b.ts': "import type { C } from './c.ts';",
      'base/c.ts': "export { a } from './a.ts';",
    },
  ],
  [
    'a package has one owner',
    packageOwners,
    3,
    {
      'cli/a.ts': "import { Command } from 'commander';",
      'kernel/a.ts': "const ajv = await import('ajv/dist/2020.js');",
      'base/a.ts': "import leftPad from 'left-pad';",
      'cli/usage.ts': "import { Command } from 'commander'; import fs from 'node:fs';",
    },
  ],
  [
    'nothing ambient',
    noAmbient,
    9,
    {
      'kernel/a.ts': 'const now = Date.now();',
      'kernel/b.ts': 'const now = new Date();',
      'cli/c.ts': `const name = \`\${Math.random()}\`;`,
      'trust/d.ts': "import { randomBytes } from 'node:crypto';",
      'trust/e.ts': 'const home = process.env.HOME;',
      'lab/f.ts': 'console.log(1);',
      'lab/g.ts': 'process.exit(1);',
      'base/h.ts': 'names.sort((a, b) => a.localeCompare(b));',
      'base/i.ts': 'const from = process.cwd();',
      'base/good.ts': "/* Date.now() */ const text = 'console.log'; // Math.random()",
    },
  ],
  ['files stay short', fileLength, 1, { 'base/a.ts': 'x;\n'.repeat(401), 'base/b.ts': 'x;\n'.repeat(400) }],
  [
    'nothing switched off',
    noEscapes,
    3,
    { 'base/a.ts': 'x as any; // @ts-ignore', 'base/b.ts': '// TODO: later', 'base/c.ts': 'as many' },
  ],
];

describe.each(RULES)('%s', (_, rule, count, bad) => {
  test('in the sources', () => {
    expect(SOURCES.length).toBeGreaterThan(50);
    expect(rule(SOURCES)).toEqual([]);
  });

  test('and the rule can fail', () => {
    expect(rule(files(bad))).toHaveLength(count);
  });
});

describe('every diagnostic code has a page, and every page a code', () => {
  const folder = join(ROOT, 'docs/errors');
  const pages = Object.fromEntries(
    readdirSync(folder)
      .filter(name => name.startsWith('VNES'))
      .map(name => [basename(name, '.md'), readFileSync(join(folder, name), 'utf8')]),
  );
  const users = SOURCES.filter(file => !file.path.startsWith('base/codes/')).map(file => file.text);
  const program = readFileSync(join(ROOT, 'bin/vnes.js'), 'utf8');

  test('in the documentation', () => {
    expect(codeProblems(CODES, pages, [...users, program].join('\n'))).toEqual([]);
  });

  test('and the rule can fail', () => {
    const codes = { VNES1: { title: 'one' }, VNES2: { title: 'two' } };
    expect(codeProblems(codes, { VNES2: '# VNES2: three\n', VNES3: '' }, "'VNES1'")).toEqual([
      'VNES1 has no page',
      'the page VNES3 is about no code',
      'the page of VNES2 does not begin with "# VNES2: two"',
      'VNES2 is never used',
    ]);
  });
});
