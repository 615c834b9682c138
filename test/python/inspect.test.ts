import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { parseEntry } from '../../src/sandbox/python/entry.ts';
import { inspectSources } from '../../src/sandbox/python/inspect.ts';
import { CACHE, pythonCode } from './python.ts';

const shown = ({ code, message, place }: Diagnostic) =>
  `${code} ${place?.file}:${place?.line ?? ''}:${place?.column ?? ''} ${message}`;

async function findings(files: Readonly<Record<string, string>>, callable?: string): Promise<string[]> {
  return (await inspectSources(pythonCode(files, callable), 'caps/one', CACHE)).map(shown);
}

test('sources that compile and hold the function are in order, and none of them runs', async () => {
  const main = 'raise SystemExit("it ran")\ndef run(event): pass';
  expect(await findings({ 'impl/src/main.py': main })).toEqual([]);
  expect(await findings({ 'impl/src/main/__init__.py': 'from .logic import run' })).toEqual([]);
  expect(await findings({ 'impl/src/main.py': 'from .logic import *' })).toEqual([]);
  expect(await findings({ 'impl/src/main.py': 'run = lambda event: None' })).toEqual([]);
  expect(
    await findings({ 'impl/src/main.py': 'class Handler:\n  def run(event): pass' }, 'Handler.run'),
  ).toEqual([]);
}, 60_000);

test('every source in impl/src that does not compile is named, with its line', async () => {
  const files = {
    'impl/src/main.py': 'def run(event):\n    return (\n',
    'impl/src/deep/other.py': 'x = 1\ny = = 2\n',
    'impl/src/text.py': '\u0000',
    'impl/vendor/old/print2.py': 'print "what is vendored is its author\'s"',
  };
  expect(await findings(files)).toEqual([
    "VNES5034 caps/one/impl/src/main.py:2:12 a Python source does not compile: '(' was never closed",
    'VNES5034 caps/one/impl/src/text.py:: a Python source does not compile: source code string cannot contain null bytes',
    'VNES5034 caps/one/impl/src/deep/other.py:2:5 a Python source does not compile: invalid syntax',
  ]);
}, 60_000);

test('a function that is missing is named', async () => {
  expect(await findings({ 'impl/src/main.py': 'def handle(event): pass' })).toEqual([
    'VNES5032 caps/one/impl/src/main.py:: impl.src.main has no function run',
  ]);
}, 60_000);

test('sources that take the interpreter down are no way around', async () => {
  const deep = `x = ${'-'.repeat(100_000)}1\ndef run(event): pass`;
  const [finding] = await findings({ 'impl/src/main.py': deep });
  expect(finding).toMatch(/^VNES5034 caps\/one\/impl\/src/);
}, 60_000);

test.each([
  '',
  'impl.src.main',
  'impl.src.main:',
  'main:run',
  'impl/src/main.py:run',
  'impl..a:run',
  'impl.src.main:run()',
  'os:system',
])('"%s" is no entry point', text => {
  expect(() => parseEntry(text, { file: 'manifest.json' })).toThrow('VNES5032');
});
