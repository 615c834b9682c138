import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyWorkshop, vnes } from './workshop.ts';

const TEXT = readFileSync(join(import.meta.dirname, '../../docs/audit.md'), 'utf8');

/** The commands of its shell blocks, without their comments. */
const COMMANDS = [...TEXT.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, block = '']) => block.trim().split('\n'))
  .map(line =>
    line
      .replace(/\s+#.*/, '')
      .split(' ')
      .slice(1),
  );

test('docs/audit.md: its commands do what they say', async () => {
  expect(COMMANDS.map(([name]) => name)).toEqual(['audit', 'audit', 'audit', 'audit', 'sign']);
  const shop = emptyWorkshop();
  const must = async (...words: readonly string[]) => {
    const { status, stdout, stderr } = await vnes(shop, words);
    expect(status, `vnes ${words.join(' ')}\n${stderr}`).toBe(0);
    return stdout;
  };
  await must('scaffold', 'wasm-ts', 'local.counter');
  await must('build', 'counter');
  await must('keys', 'create', '--no-passphrase');
  await must('sign', 'counter');
  shop.write('events.ndjson', shop.read('counter/examples/events.ndjson'));
  await must('run', 'counter', '--input', 'events.ndjson');
  for (const words of COMMANDS) {
    const said = await must(...words.map(word => word.replace('../', '')));
    if (words[0] === 'audit') expect(said).toMatch(/^granted local\.counter@/);
  }
  expect(await must('verify', 'counter', '--json')).toContain('granted by an audit');
}, 60_000);
