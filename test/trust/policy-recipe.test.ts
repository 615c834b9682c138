import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../cli/run.ts';
import { MANIFEST, temporaryFolder, writeFiles } from './capsules.ts';

const DOCUMENT = readFileSync(path.resolve(import.meta.dirname, '../../docs/policy.md'), 'utf8');
const [, EXAMPLE = ''] = /## A worked example\n([\s\S]*?)\n## /.exec(DOCUMENT) ?? [];

test('the worked example of docs/policy.md does what it says, as it is written', async () => {
  const home = temporaryFolder();
  const cwd = path.join(home, 'repository');
  writeFiles(cwd, {
    '.git/HEAD': '',
    'counter/manifest.json': JSON.stringify({ ...MANIFEST, id: 'user.core.counter' }),
    'counter/spec/logic.md': '# counter\n',
  });
  writeFileSync(path.join(cwd, 'new-policy.json'), /```json\n(.*?)```/s.exec(EXAMPLE)![1]!);
  const lines = [...EXAMPLE.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
  expect(lines.length).toBeGreaterThan(15);
  const said: string[] = [];
  for (const line of lines) {
    const [command = '', comment = ''] = line.split('   # ');
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
    const { status, stdout, stderr } = await runCli(words.slice(1), {
      cwd,
      env: { HOME: home },
      built: true,
    });
    expect({ line, status, stderr }).toMatchObject({
      status: Number(/^status (\d)/.exec(comment)?.[1] ?? 0),
    });
    said.push(stdout);
  }
  const shown = said[lines.indexOf('vnes trust show')]!;
  expect(shown).toMatch(
    /\+ policy: sha256:[0-9a-f]{64}\n {2}\+ rule: read-by-others \(enforce user\.core\.\*, warn \*\)/,
  );
  const last = said.at(-1)!;
  expect(last).toMatch(/^waived +user\.core\.counter@1\.2\.3/);
  expect(last).toMatch(
    /waived by counter-read-by-others: the audit is booked for May \(ada, until .*; signed by ada, bob\)/,
  );
  expect(last).toContain('1 discovered = 0 verified + 1 waived + 0 failed');
});
