import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openIndex } from '../../src/store/index.ts';
import { codeOf, HEADER, RECORDS, record, segments } from './recording.ts';

async function rowsOf(dir: string): Promise<unknown> {
  const { database, close } = await openIndex(dir);
  try {
    return ['frames', 'events', 'versions', 'deliveries', 'topics'].map(table =>
      database.prepare(`SELECT * FROM ${table}`).all(),
    );
  } finally {
    close();
  }
}

async function counts(dir: string): Promise<number[]> {
  return ((await rowsOf(dir)) as unknown[][]).map(rows => rows.length);
}

describe('the index', () => {
  it('shows the journal', async () => {
    expect(await counts(record())).toEqual([3, 5, 6, 2, 2]);
  });

  it('is kept while it is right', async () => {
    const dir = record();
    await counts(dir);
    const before = statSync(join(dir, 'index.sqlite')).ino;
    await counts(dir);
    expect(statSync(join(dir, 'index.sqlite')).ino).toBe(before);
  });

  it.each([
    ['deleted', (dir: string) => rmSync(join(dir, 'index.sqlite'))],
    ['without its note', (dir: string) => rmSync(join(dir, 'index.json'))],
    ['with a broken note', (dir: string) => writeFileSync(join(dir, 'index.json'), '{"layout":4,')],
    ['of another layout', (dir: string) => change(join(dir, 'index.json'), '"layout":4', '"layout":0')],
    ['emptied', (dir: string) => writeFileSync(join(dir, 'index.sqlite'), '')],
    ['with one value changed', (dir: string) => change(join(dir, 'index.sqlite'), 'late', 'lame')],
    ['no database', (dir: string) => writeFileSync(join(dir, 'index.sqlite'), 'hello '.repeat(1000))],
  ])('%s is rebuilt', async (_name, spoil) => {
    const dir = record();
    const rows = await rowsOf(dir);
    spoil(dir);
    expect(await rowsOf(dir)).toEqual(rows);
  });

  it('of another journal is rebuilt', async () => {
    const dir = record();
    const other = record([HEADER]);
    await counts(dir);
    for (const name of ['index.sqlite', 'index.json'])
      writeFileSync(join(other, name), readFileSync(join(dir, name)));
    expect(await counts(other)).toEqual([0, 0, 0, 0, 0]);
  });

  it('never hides damage of the journal', async () => {
    const dir = record();
    await counts(dir);
    const [{ path, bytes }] = segments(dir) as [{ path: string; bytes: Buffer }];
    bytes[bytes.length - 3]! ^= 4;
    writeFileSync(path, bytes);
    expect(await codeOf(() => openIndex(dir))).toBe('VNES8003');
  });

  it('is not left half built when the journal is damaged', async () => {
    const dir = record(RECORDS.slice(0, 4));
    const [{ path, bytes }] = segments(dir) as [{ path: string; bytes: Buffer }];
    writeFileSync(path, bytes.subarray(0, bytes.length - 1));
    expect(await codeOf(() => openIndex(dir))).toBe('VNES8003');
    expect(existsSync(join(dir, 'index.sqlite'))).toBe(false);
  });
});

function change(path: string, from: string, to: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(from);
  if (at < 0) throw new Error(`${path} does not hold ${from}`);
  bytes.write(to, at);
  writeFileSync(path, bytes);
}
