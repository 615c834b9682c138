import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { exportRecording, importRecording } from '../../src/lab/transfer.ts';
import { pack } from '../../src/store/archive.ts';
import { openIndex } from '../../src/store/index.ts';
import { tarHeader } from '../../src/store/tar.ts';
import { type CliReport, runCli, runJson } from '../cli/run.ts';
import { room } from '../kernel/network.ts';
import { SimDisk, seeded } from '../store/faults/sim-disk.ts';
import { transferCuts, transferFaults } from '../store/faults/transfers.ts';
import { codeOf } from '../store/recording.ts';
import { recordSmall, someFrames } from './small.ts';

const seed = Number(process.env.VNES_SEED) || 20261123;
let recording: string;
let archive: Buffer;

beforeAll(async () => {
  recording = room();
  recordSmall(recording, someFrames(4));
  const file = join(room(), 'run.vnes');
  await exportRecording(recording, file);
  archive = readFileSync(file);
});

/** Files of a folder with their bytes, by path. */
function contentOf(dir: string): Record<string, string> {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
  const files = paths.filter(path => statSync(join(dir, path)).isFile());
  return Object.fromEntries(files.map(path => [path, readFileSync(join(dir, path), 'latin1')]));
}

/** Imports bytes on a disk in memory; the code of what is wrong, and what is left beside them. */
async function imported(bytes: Uint8Array): Promise<{ code: string; left: string[] }> {
  const disk = new SimDisk();
  disk.write(disk.create('/file'), bytes);
  const code = await codeOf(() => importRecording('/file', '/made', disk));
  return { code, left: disk.list('/') };
}

const REFUSED = { code: 'VNES8020', left: ['file'] };

describe('an export', () => {
  test('holds the recording, all of it and nothing else, and gives it back byte for byte', async () => {
    const place = room();
    writeFileSync(join(place, 'run.vnes'), archive);
    await importRecording(join(place, 'run.vnes'), join(place, 'made'));
    expect(contentOf(join(place, 'made'))).toEqual(contentOf(recording));
    await exportRecording(join(place, 'made'), join(place, 'again'));
    expect(readFileSync(join(place, 'again')).equals(archive)).toBe(true);
    expect(readdirSync(place).sort()).toEqual(['again', 'made', 'run.vnes']);
  });

  test('has the same bytes whatever lies beside the recording', async () => {
    const place = room();
    cpSync(recording, join(place, 'copy'), { recursive: true });
    (await openIndex(join(place, 'copy'))).close();
    writeFileSync(join(place, 'copy', 'notes.txt'), 'mine');
    rmSync(join(place, 'copy', 'report.json'));
    await exportRecording(join(place, 'copy'), join(place, 'file'));
    expect(readFileSync(join(place, 'file')).equals(archive)).toBe(true);
  });

  test('is a tar archive that tar knows', () => {
    const { status, stdout } = spawnSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual(Object.keys(contentOf(recording)));
  });

  test('of a damaged or unfinished recording is refused, and no file appears', async () => {
    const place = room();
    const [last] = readdirSync(join(recording, 'journal')).sort().slice(-1);
    for (const spoil of [
      (dir: string) => appendFileSync(join(dir, 'journal', last!), 'x'),
      (dir: string) => rmSync(join(dir, 'journal', last!)),
      (dir: string) => writeFileSync(join(dir, 'report.json'), '{}'),
    ]) {
      const dir = join(place, 'copy');
      cpSync(recording, dir, { recursive: true });
      spoil(dir);
      expect(await codeOf(() => exportRecording(dir, join(place, 'file')))).toMatch(/^VNES80(02|03|10)$/);
      rmSync(dir, { recursive: true });
      expect(readdirSync(place)).toEqual([]);
    }
  });
});

describe('an import refuses', () => {
  test('an archive with any bit changed', async () => {
    const chance = seeded(seed);
    for (let sample = 0; sample < 150; sample += 1) {
      const spoilt = Buffer.from(archive);
      spoilt[chance(archive.length)]! ^= 1 << chance(8);
      expect(await imported(spoilt)).toEqual(REFUSED);
    }
  });

  test('an archive cut at any byte, and one that goes on', async () => {
    const chance = seeded(seed);
    const sizes = [0, 1, 511, 512, 1024, archive.length - 512, archive.length - 1];
    for (const size of [...sizes, ...Array.from({ length: 40 }, () => chance(archive.length))])
      expect(await imported(archive.subarray(0, size))).toEqual(REFUSED);
    for (const more of [1, 512, 1024])
      expect(await imported(Buffer.concat([archive, Buffer.alloc(more)]))).toEqual(REFUSED);
  });

  const entries = () => Object.entries(contentOf(recording)).map(([name, text]) => entry(name, text));
  const entry = (name: string, text: string) => ({
    name,
    size: text.length,
    pieces: [Buffer.from(text, 'latin1')],
  });
  const changed = (name: string, text: (before: string) => string) =>
    entries().map(each => (each.name === name ? entry(name, text(each.pieces.join(''))) : each));
  const stray = (text: string) => {
    const hex = sha256(text).slice('sha256:'.length);
    return entry(`objects/sha256/${hex.slice(0, 2)}/${hex.slice(2)}`, text);
  };
  const sorted = (all: ReturnType<typeof entries>) => all.sort((a, b) => (a.name < b.name ? -1 : 1));

  test('nothing of an archive that is packed like ours', async () => {
    expect(Buffer.concat([...pack(entries())]).equals(archive)).toBe(true);
  });

  test.each([
    ['a path upwards', () => [entry('../escaped', 'x'), ...entries()]],
    ['a path upwards in the middle', () => [entry('journal/../../escaped', 'x'), ...entries()]],
    ['an absolute path', () => [entry('/tmp/escaped', 'x'), ...entries()]],
    ['another file', () => [...entries(), entry('vnes.trust.json', '{}')]],
    ['a database', () => [entry('index.sqlite', 'x'), ...entries()]],
    ['a name twice', () => [...entries(), entry('report.json', 'x')]],
    ['another order', () => entries().reverse()],
    ['nothing', () => []],
    ['no journal', () => entries().filter(({ name }) => !name.startsWith('journal/'))],
    ['a segment too few', () => entries().filter(({ name }) => name !== 'journal/00000002.vnj')],
    ['an object too few', () => entries().filter((_, index, all) => index !== all.length - 3)],
    ['an object too many', () => sorted([...entries(), stray('stray')])],
    ['an object of another digest', () => sorted([...entries(), entry(stray('a').name, 'b')])],
    ['no report', () => entries().filter(({ name }) => name !== 'report.json')],
    ['an edited report', () => changed('report.json', text => text.replace('"seed": "7"', '"seed": "8"'))],
    ['an edited output', () => changed('outputs.ndjson', text => text.replace('{"n":1}', '{"n":2}'))],
  ])('%s', async (_, hostile) => {
    expect(await imported(Buffer.concat([...pack(hostile())]))).toEqual(REFUSED);
  });

  test.each([
    ['a link', (header: Buffer) => header.write('2', 156)],
    ['a folder', (header: Buffer) => header.write('5', 156)],
    ['an extended header', (header: Buffer) => header.write('x', 156)],
    ['a setuid mode', (header: Buffer) => header.write('0004755', 100)],
    ['an owner', (header: Buffer) => header.write('root', 265)],
    ['a time', (header: Buffer) => header.write('00000000001', 136)],
    ['a prefix', (header: Buffer) => header.write('../../tmp', 345)],
    ['a name that goes on after its end', (header: Buffer) => header.write('x', 60)],
    ['a size that is none', (header: Buffer) => header.write('-0000000001', 124)],
    ['a size beyond the file', (header: Buffer) => header.write('77777777777', 124)],
  ])('%s in a header whose checksum is right', async (_, edit) => {
    const bytes = Buffer.from(archive);
    edit(bytes.subarray(0, 512));
    bytes.fill(' ', 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    expect(await imported(bytes)).toEqual(REFUSED);
  });

  test('an object larger than any that is loaded, before it is read', async () => {
    const header = tarHeader(`objects/sha256/ab/${'0'.repeat(62)}`, 65 * 1024 * 1024);
    expect(await imported(Buffer.concat([header, Buffer.alloc(1024)]))).toEqual(REFUSED);
  });

  test('a folder that holds something, which stays', async () => {
    const place = room();
    mkdirSync(join(place, 'made'));
    writeFileSync(join(place, 'made', 'mine'), '');
    writeFileSync(join(place, 'file'), archive);
    expect(await codeOf(() => importRecording(join(place, 'file'), join(place, 'made')))).toBe('VNES8006');
    expect(readdirSync(place).sort()).toEqual(['file', 'made']);
    expect(readdirSync(join(place, 'made'))).toEqual(['mine']);
  });
});

describe('on a disk that fails', () => {
  test('a loss of power at any time leaves all or nothing', async () => {
    expect(await transferCuts(seed, 3)).toBeGreaterThan(100);
  });

  test.each(['EIO', 'ENOSPC'])(
    'any operation that fails with %s leaves all or nothing, and nothing aside',
    async code => {
      expect(await transferFaults(code)).toBeGreaterThan(100);
    },
  );
});

describe('the commands', () => {
  const run = (cwd: string, ...args: string[]): Promise<CliReport> => runJson(args, { cwd });

  test('export, import and refuse', async () => {
    const cwd = room();
    const into = join(cwd, 'run.vnes');
    const [made] = [await run(cwd, 'export', recording, 'run.vnes')];
    expect(made).toMatchObject({ exitCode: 0, data: { frames: 4, events: 8 } });
    expect(readFileSync(into).equals(archive)).toBe(true);
    expect(await run(cwd, 'import', 'run.vnes', 'made')).toMatchObject({ exitCode: 0, data: { objects: 4 } });
    expect(await run(cwd, 'import', 'run.vnes', 'made')).toMatchObject({ exitCode: 2 });
    truncateSync(into, 700);
    const refused = await run(cwd, 'import', 'run.vnes', 'other');
    expect(refused).toMatchObject({ exitCode: 1, diagnostics: [{ code: 'VNES8020' }] });
    expect(existsSync(join(cwd, 'other'))).toBe(false);
    expect(await run(cwd, 'import', 'nothing', 'other')).toMatchObject({
      diagnostics: [{ code: 'VNES1010' }],
    });
    const absent = await run(cwd, 'export', recording, 'no/such/folder/file');
    expect(absent).toMatchObject({ exitCode: 4, diagnostics: [{ code: 'VNES1012' }] });
    const both = await run(cwd, 'export', recording, 'x', '--ndjson', '--sqlite');
    expect(both).toMatchObject({ exitCode: 2, diagnostics: [{ code: 'VNES9006' }] });
  });

  test('export the events as `bus log` prints them, and the index as SQLite', async () => {
    const cwd = room();
    await run(cwd, 'export', recording, 'events.ndjson', '--ndjson');
    const { stdout } = await runCli(['bus', 'log', recording]);
    expect(readFileSync(join(cwd, 'events.ndjson'), 'utf8')).toBe(stdout);
    await run(cwd, 'export', recording, 'index.db', '--sqlite');
    const database = new DatabaseSync(join(cwd, 'index.db'), { readOnly: true });
    expect(database.prepare('SELECT count(*) AS events FROM events').get()).toEqual({ events: 8 });
    database.close();
    expect(readdirSync(cwd).sort()).toEqual(['events.ndjson', 'index.db']);
  });
});
