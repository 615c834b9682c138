import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { getObject, objectPath, putObject } from '../../src/store/objects.ts';
import { codeOf, folder } from './recording.ts';

const BYTES = Buffer.from('some bytes');

describe('objects', () => {
  it('are kept under their digest, once, and leave nothing else behind', () => {
    const dir = folder();
    const digest = putObject(dir, BYTES);
    expect(putObject(dir, BYTES)).toBe(digest);
    expect(digest).toBe(sha256(BYTES));
    expect(Buffer.from(getObject(dir, digest))).toEqual(BYTES);
    expect(readdirSync(dirname(objectPath(dir, digest)))).toEqual([digest.slice('sha256:'.length + 2)]);
  });

  it('are refused when a byte is changed or the file is gone, and put right by putting them again', async () => {
    const dir = folder();
    const digest = putObject(dir, BYTES);
    writeFileSync(objectPath(dir, digest), 'some bytez');
    expect(await codeOf(() => getObject(dir, digest))).toBe('VNES8007');
    putObject(dir, BYTES);
    expect(readFileSync(objectPath(dir, digest))).toEqual(BYTES);
    rmSync(objectPath(dir, digest));
    expect(await codeOf(() => getObject(dir, digest))).toBe('VNES8007');
  });

  it('are never looked for outside of their folder', () => {
    expect(() => objectPath('/tmp', '../../etc/passwd' as never)).toThrow(RangeError);
  });

  it('say so when the folder cannot be written', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    expect(await codeOf(() => putObject(file, BYTES))).toBe('VNES8005');
  });
});
