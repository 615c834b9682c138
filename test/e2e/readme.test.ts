import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CommandSpec } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { parseFast } from '../../src/cli/parse.ts';
import { emptyWorkshop, vnes } from './workshop.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** The words of a command line, quotes taken off: without its comment, continuation or redirection. */
function wordsOf(line: string): string[] {
  const command = line.replace(/\s+(#|[<>]|\||&&|;).*$/, '').trim();
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, one, two, bare]) => one ?? two ?? bare ?? '',
  );
}

/** Command lines in a document: lines of its code blocks, and whatever stands in backticks. */
function commandLines(text: string): string[] {
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  );
  const inline = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  );
  const indented = text
    .split('\n')
    .filter(line => line.startsWith('    '))
    .map(line => line.trim().replace(/^\$ /, ''));
  // `vnes log 1` and its like begin what is hashed; they are no commands.
  return [...blocks, ...indented, ...inline].filter(line => /^(npx )?vnes [a-z](?!\w* \d$)/.test(line));
}

test('README: the commands of "A capsule of your own" do what they say, as they are written', async () => {
  const [, block = ''] = /## A capsule of your own[\s\S]*?```sh\n([\s\S]*?)```/.exec(read('README.md')) ?? [];
  const lines = block.trim().split('\n').map(wordsOf);
  expect(lines.map(words => words.slice(0, 2).join(' '))).toEqual([
    'vnes scaffold',
    'npm install',
    'vnes build',
    'vnes keys',
    'vnes sign',
    'vnes verify',
    'vnes run',
    'vnes replay',
    'vnes audit',
  ]);
  const shop = emptyWorkshop();
  for (const [program, ...words] of lines) {
    // The compiler of this clone serves as well; and there is no terminal here to ask for a passphrase on.
    if (program === 'npm') continue;
    const { status, stdout, stderr } = await vnes(
      shop,
      words[0] === 'keys' ? [...words, '--no-passphrase'] : words,
    );
    expect(status, `vnes ${words.join(' ')}\n${stderr}`).toBe(0);
    if (words[0] === 'replay') expect(stdout).toContain('every effect the same');
    if (words[0] === 'audit') expect(stdout).toMatch(/^granted local\.hello@/);
  }
});

/** The command that words begin with. */
async function specOf(words: readonly string[]): Promise<CommandSpec> {
  const entry = Object.hasOwn(COMMANDS, words[0]!) ? COMMANDS[words[0]!] : undefined;
  const spec = await entry?.load();
  expect(spec, `no command ${words[0]}`).toBeDefined();
  return spec!.commands?.find(({ name }) => name === words[1]) ?? spec!;
}

describe('every command line in the documents is one that vnes understands', () => {
  const documents = [
    ...globSync('{README,ARCHITECTURE,CONTRIBUTING,SECURITY}.md', { cwd: ROOT }),
    ...globSync('docs/*.md', { cwd: ROOT }),
  ].sort();

  test('there are such documents', () => {
    expect(documents.filter(file => commandLines(read(file)).length > 0).length).toBeGreaterThan(4);
  });

  test.each(documents.filter(file => commandLines(read(file)).length > 0))('%s', async file => {
    for (const line of commandLines(read(file))) {
      const words = wordsOf(line.replace(/^npx /, '')).slice(1);
      const spec = await specOf(words);
      // Where a command is mentioned for one of its options, its arguments may be left out.
      const needed = spec.arguments.filter(({ required }) => required).map(({ name }) => name);
      const parsed = (await parseFast(words)) ?? (await parseFast([...words, ...needed]));
      expect(parsed?.spec.name, `${file}: ${line}`).toBe(spec.name);
    }
  });

  test('every example in the help too', async () => {
    const specs = await Promise.all(Object.values(COMMANDS).map(entry => entry.load()));
    const examples = specs.flatMap(spec => [spec, ...(spec.commands ?? [])]).flatMap(spec => spec.examples);
    expect(examples.length).toBeGreaterThan(20);
    for (const example of examples) expect(await parseFast(wordsOf(example).slice(1)), example).toBeDefined();
  });
});
