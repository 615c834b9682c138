import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

const OUTPUT = join(import.meta.dirname, '../../src/cli/output.ts');
const SIZE = 8_000_000;

test('several megabytes reach a slow reader of a non-blocking pipe, though the process exits at once', async () => {
  const program = `
    const { writeAll } = await import(${JSON.stringify(OUTPUT)});
    process.stdout._handle?.setBlocking?.(false);
    writeAll(1, 'x'.repeat(${SIZE - 1}) + '\\n');
    process.exit(0);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  await sleep(100);
  let size = 0;
  let last = 0;
  for await (const chunk of child.stdout) {
    size += chunk.length;
    last = chunk.at(-1);
  }
  expect({ size, last }).toEqual({ size: SIZE, last: 10 });
});

test('a closed pipe ends the output, without an error', async () => {
  const program = `
    const { writeAll } = await import(${JSON.stringify(OUTPUT)});
    const whole = writeAll(1, 'x'.repeat(${SIZE}));
    writeAll(2, String(whole));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  child.stdout.once('data', () => child.stdout.destroy());
  let told = '';
  for await (const chunk of child.stderr) told += chunk;
  expect(told).toBe('false');
});
