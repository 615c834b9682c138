import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { confine } from '../../../src/sandbox/confine/confine.ts';
import { launch } from '../../../src/sandbox/confine/launch.ts';
import { librariesOf, systemLibrariesOf } from '../../../src/sandbox/confine/libraries.ts';
import type { ConfinedLimits, Source } from '../../../src/sandbox/confine/types.ts';
import { BUBBLEWRAP } from '../../bubblewrap.ts';

const LIMITS: ConfinedLimits = { openFiles: 64, fileBytes: 0, cpuSeconds: 60, tasks: 32 };
const folder = mkdtempSync(join(tmpdir(), 'vnes-confine-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script, whose `say` reaches us, in a confined Node.js: what it said, and how it ended. */
async function runConfined(script: string, node: string, files: readonly [string, Source][] = []) {
  const say = "import fs from 'node:fs'; const say = text => fs.writeSync(3, String(text));";
  const inside = new Map<string, Source>([
    ...[...librariesOf(node)].map(([path, host]) => [path, { host }] as const),
    ['/script.mjs', { bytes: Buffer.from(say + script) }],
    ...files,
  ]);
  const program = { host: node };
  const args = ['/script.mjs'];
  const confined = launch(
    confine({ policy: 'node', program, args, files: inside, limits: LIMITS }, BUBBLEWRAP!),
  );
  let said = '';
  confined.channel.on('data', chunk => {
    said += chunk;
  });
  const status = await new Promise(resolve => confined.process.once('close', resolve));
  return { said, status, errors: confined.said() };
}

describe.skipIf(!BUBBLEWRAP)('a confined program', () => {
  test('is given its files, and there are no others', async () => {
    const script = "say(fs.readFileSync('/given.txt')); say(fs.readdirSync('/').join());";
    const given: Source = { bytes: Buffer.from('these bytes,') };
    expect(await runConfined(script, process.execPath, [['/given.txt', given]])).toEqual({
      said: 'these bytes,bin,given.txt,lib,lib64,script.mjs,usr',
      status: 0,
      errors: '',
    });
  });

  test('is nobody, with no environment but the folder that it is in', async () => {
    const root = process.getuid?.() === 0;
    const { said } = await runConfined(
      'say(JSON.stringify([process.getuid(), process.env]))',
      process.execPath,
    );
    expect(JSON.parse(said)).toEqual([root ? 65_533 : process.getuid?.(), expect.any(Object)]);
    const names = Object.keys(JSON.parse(said)[1]);
    expect(names.filter(name => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))).toEqual([]);
  });

  test('may lie in a private folder, and so may its files', async () => {
    const node = join(folder, 'node');
    const given = join(folder, 'given.txt');
    copyFileSync(process.execPath, node);
    copyFileSync('/etc/hostname', given);
    chmodSync(folder, 0o700);
    const { said, errors } = await runConfined("say(fs.readFileSync('/given.txt'))", node, [
      ['/given.txt', { host: given }],
    ]);
    expect([said, errors]).toEqual([readFileSync(given, 'utf8'), '']);
  });

  test('is ended by what nobody calls by accident, and its end says so', async () => {
    const { status } = await runConfined('process.setuid(0)', process.execPath);
    expect(status).toBe(128 + 31);
  });
});

describe('libraries', () => {
  test.skipIf(!existsSync('/bin/sh'))(
    'of the machine’s own program are found, each under the name that is asked for',
    () => {
      for (const [inside, host] of librariesOf('/bin/sh')) {
        expect(inside).toMatch(/^\/lib\/l/);
        expect(existsSync(host)).toBe(true);
      }
    },
  );

  const patched = (from: string, to: string) => {
    const bytes = readFileSync('/bin/sh');
    const at = bytes.indexOf(from);
    expect(at).toBeGreaterThan(0);
    bytes.fill(0, at, at + from.length);
    bytes.write(to, at);
    return bytes;
  };
  const loader = [...librariesOf('/bin/sh').keys()].find(name => /\/ld-linux/.test(name));

  test.skipIf(!loader)(
    'of a stranger’s program are those of the system, and no other file is to be had as one',
    () => {
      expect(systemLibrariesOf(readFileSync('/bin/sh'))).toEqual(librariesOf('/bin/sh'));
      expect(() => systemLibrariesOf(patched('/lib64/ld-linux', '/etc/passwd'))).toThrow('/etc/passwd');
      expect(() => systemLibrariesOf(patched('libc.so.6', '../passwd'))).toThrow('../passwd');
      expect(() => systemLibrariesOf(Buffer.from('no program'))).toThrow(RangeError);
    },
  );
});
