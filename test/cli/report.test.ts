import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { validateCliReport } from '../../src/generated/cli-report.js';
import { runJson } from './run.ts';

/** Command lines that come to a positive result in a folder with a scaffolded capsule and a key, one after the other. */
const GOOD: readonly (readonly string[])[] = [
  ['scaffold', '--list'],
  ['scaffold', 'wasm-ts', 'user.me.hello'],
  ['keys', 'create', '--no-passphrase'],
  ['keys', 'list'],
  ['keys', 'show', 'default'],
  ['explain'],
  ['explain', 'VNES9001'],
  ['completion', 'bash'],
  ['completion', 'zsh'],
  ['completion', 'fish'],
  ['--help'],
  ['--version'],
];

/** Words of every command, with those below it. */
async function commandLines(): Promise<string[][]> {
  const specs = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, { load }]) => ({ name, spec: await load() })),
  );
  return specs.flatMap(({ name, spec }) => [
    [name],
    ...(spec.commands ?? []).map(below => [name, below.name]),
  ]);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vnes-report-'));
  await mkdir(join(folder, 'broken'));
  await writeFile(join(folder, 'broken/manifest.json'), '{ "id": \n');
});

describe('every command with --json prints one document that its schema accepts', () => {
  test('when it succeeds', async () => {
    for (const words of GOOD) {
      const report = await runJson(words, { cwd: folder, built: true });
      expect(validateCliReport(report), words.join(' ')).toEqual([]);
      expect(report, words.join(' ')).toMatchObject({ ok: true, exitCode: 0 });
    }
  });

  test.each([
    ['on a missing path', ['does/not/exist']],
    ['on a broken manifest', ['broken']],
    ['on too many arguments', ['a', 'b', 'c', 'd', 'e', '--nonsense']],
    ['on nothing at all', []],
  ])('%s', async (_, words) => {
    const lines = await commandLines();
    expect(lines.length).toBeGreaterThan(12);
    for (const line of lines) {
      const typed = [...line, ...words];
      const report = await runJson(typed, { cwd: folder, built: true });
      expect(validateCliReport(report), typed.join(' ')).toEqual([]);
      expect(report.command ?? '', typed.join(' ')).toMatch(new RegExp(`^${line[0]}`));
      expect(
        report.diagnostics.map(each => each.code),
        typed.join(' '),
      ).not.toContain('VNES9099');
      expect(report.ok, typed.join(' ')).toBe(report.diagnostics.every(each => each.severity !== 'error'));
    }
  });
});

test('the schema refuses what is not a report', () => {
  const good = { schemaVersion: 1, command: null, ok: true, exitCode: 0, data: null, diagnostics: [] };
  expect(validateCliReport(good)).toEqual([]);
  for (const bad of [
    { schemaVersion: 2 },
    { exitCode: 7 },
    { command: 3 },
    { more: 1 },
    { diagnostics: [{}] },
  ]) {
    expect(validateCliReport({ ...good, ...bad })).not.toEqual([]);
  }
});

test('the overview tells of each command what the command tells of itself', async () => {
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const spec = await entry.load();
    expect({ name, summary: entry.summary }).toEqual({ name: spec.name, summary: spec.summary });
    expect(spec.examples.length, name).toBeGreaterThan(0);
    expect(spec.commands === undefined, name).toBe(spec.run !== undefined);
  }
});
