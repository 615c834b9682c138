import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const CACHE = new URL('../../src/sandbox/wasm/cache.ts', import.meta.url).href;

test('a cache where no folder can be made is passed over at once', () => {
  const code = `import { writeCached } from '${CACHE}';
    writeCached('/proc/vnes/cache', 'sha256:${'0'.repeat(64)}', { source: '', cores: {} });`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    timeout: 15_000,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}, 30_000);
