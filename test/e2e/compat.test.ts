import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../cli/run.ts';

const KEPT = join(import.meta.dirname, '../../fixtures/compat');
const recordings = readdirSync(KEPT).flatMap(release =>
  readdirSync(join(KEPT, release))
    .filter(name => name.endsWith('.vnes.gz'))
    .map(name => [release, name.slice(0, -'.vnes.gz'.length)] as const),
);

test('each release has kept its recordings', () => {
  expect(recordings.length).toBeGreaterThanOrEqual(3);
});

test.each(recordings)(
  'the recordings of %s: %s is imported, checked and replayed to its roots',
  async (release, name) => {
    const cwd = mkdtempSync(join(tmpdir(), 'vnes-compat-'));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    writeFileSync(join(cwd, 'kept.vnes'), gunzipSync(readFileSync(join(KEPT, release, `${name}.vnes.gz`))));
    const ran = async (...args: string[]) => {
      const { status, stdout } = await runCli(['--json', ...args], { cwd, built: true });
      expect(status, stdout).toBe(0);
      return JSON.parse(stdout).data;
    };
    await ran('import', 'kept.vnes', 'kept');
    await ran('fsck', 'kept');
    const { logRoot, stateRoot } = await ran('replay', 'kept');
    expect({ logRoot, stateRoot }).toEqual(
      JSON.parse(readFileSync(join(KEPT, release, 'roots.json'), 'utf8'))[name],
    );
  },
  60_000,
);
