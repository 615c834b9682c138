import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandLine, shellWord } from '../../src/base/shell.ts';

/** Words as a POSIX shell reads them. */
function read(line: string): readonly string[] {
  const script = `printf '%s\\0' ${line}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

const HARD = [
  'plain',
  '',
  'two words',
  "it's",
  '"$HOME" `id` $(id) \\',
  '-dash',
  '--',
  '*?[a]{b,c}~',
  '~root',
  '#comment',
  'a;b&c|d>e<f!',
  'line\nfeed',
  'ends\n\n',
  '\n',
  '\x1b[2J\x07\t\r',
  'größe \u202e\u200b\ufeff',
  '\u{1F600}',
  '100%s%n',
  "\n'",
];

test('a shell reads back what was quoted, whatever it is', () => {
  expect(read(HARD.map(shellWord).join(' '))).toEqual(HARD);
  const word = fc
    .string({ unit: 'binary', maxLength: 40 })
    .filter(text => !text.includes('\0') && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(word, { minLength: 20, maxLength: 60 }), words => {
      expect(read(words.map(shellWord).join(' '))).toEqual(words);
    }),
    { numRuns: 20 },
  );
});

test('nothing that a terminal obeys, or that nobody sees, stays in a word; but a line end that ends it', () => {
  for (const word of HARD) expect(shellWord(word).replace(/\n/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(shellWord('plain/path_1.txt')).toBe('plain/path_1.txt');
});

test('paths are never taken for options', () => {
  expect(commandLine(['vnes', 'sign', '--key', 'ada'], ['counter'])).toBe('vnes sign --key ada counter');
  expect(commandLine(['vnes', 'sign'], ['-rf'])).toBe('vnes sign -- -rf');
});
