// Runs the built and signed capsule over examples/events.ndjson. `vnes` must be on the PATH, or named by VNES.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const capsule = join(import.meta.dirname, '..');
const vnes = process.env.VNES ?? 'vnes';
const [program, ...first] = vnes.endsWith('.js') ? [process.execPath, vnes] : [vnes];

test('the examples give what is expected', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'capsule-'));
  try {
    const record = join(temporary, 'recording');
    const input = join(capsule, 'examples', 'events.ndjson');
    execFileSync(program, [...first, 'run', capsule, '--input', input, '--record', record, '--quiet']);
    const outputs = lines(join(record, 'outputs.ndjson')).map(({ topic, key, payload }) => ({ topic, key, payload }));
    assert.deepEqual(outputs, lines(join(capsule, 'examples', 'expected.ndjson')));
  } finally {
    rmSync(temporary, { recursive: true });
  }
});

function lines(file) {
  return readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line));
}
