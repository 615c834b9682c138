import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { librariesOf } from '../../../src/sandbox/confine/libraries.ts';
import type { Source } from '../../../src/sandbox/confine/types.ts';
import { BUBBLEWRAP } from '../../bubblewrap.ts';
import { HAS_PROC, runConfined } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'vnes-confine-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!BUBBLEWRAP)('a confined program', () => {
  test('is given its files, and there are no others', async () => {
    const script = "say(fs.readFileSync('/given.txt')); say(fs.readdirSync('/').join());";
    const given: Source = { bytes: Buffer.from('these bytes,') };
    expect(await runConfined(script, { files: [['/given.txt', given]] })).toEqual({
      said: `these bytes,bin,given.txt,lib,lib64,${HAS_PROC ? 'proc,' : ''}script.mjs,usr`,
      status: 0,
      errors: '',
    });
  });

  test('is nobody, with no environment but the folder that it is in', async () => {
    const root = process.getuid?.() === 0;
    const { said } = await runConfined('say(JSON.stringify([process.getuid(), process.env]))');
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
    const { said, errors } = await runConfined("say(fs.readFileSync('/given.txt'))", {
      node,
      files: [['/given.txt', { host: given }]],
    });
    expect([said, errors]).toEqual([readFileSync(given, 'utf8'), '']);
  });

  test('is ended by what nobody calls by accident, and its end says so', async () => {
    const { status } = await runConfined('process.setuid(0)');
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

  test('of what is no program are not looked for', () => {
    expect(() => librariesOf('/etc/passwd')).toThrow(RangeError);
  });
});
