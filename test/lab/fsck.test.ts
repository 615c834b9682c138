import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { fsck } from '../../src/lab/fsck.ts';
import { openIndex } from '../../src/store/index.ts';
import { createJournal } from '../../src/store/journal.ts';
import { readJournal } from '../../src/store/read.ts';
import { runJson } from '../cli/run.ts';
import { room } from '../kernel/network.ts';
import { seeded } from '../store/faults/sim-disk.ts';
import { recordSmall, someFrames } from './small.ts';

let recording: string;

beforeAll(async () => {
  recording = room();
  recordSmall(recording, someFrames(4));
  (await openIndex(recording)).close();
});

function copy(): string {
  const dir = room();
  cpSync(recording, dir, { recursive: true });
  return dir;
}

const filesOf = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(path => statSync(join(dir, path)).isFile());

/** What fsck says, errors first: severity, code and place. */
async function said(dir: string): Promise<{ errors: string[]; warnings: string[] }> {
  const { diagnostics } = await fsck(dir);
  const of = (kind: string) =>
    diagnostics.filter(({ severity }) => severity === kind).map(({ code }) => code);
  return { errors: of('error'), warnings: of('warning') };
}

test('nothing is said about a recording as it was written', async () => {
  const { provable, findings, objects, diagnostics } = await fsck(recording);
  expect({ findings, diagnostics, objects: objects.size }).toEqual({
    findings: [],
    diagnostics: [],
    objects: 4,
  });
  expect(provable).toMatchObject({ records: 8, frames: 4, events: 8, sealed: true });
});

describe('damage anywhere is found', () => {
  test('changed bits of every file, and the file is named', async () => {
    const dir = copy();
    const chance = seeded(1);
    for (const path of filesOf(dir)) {
      const bytes = readFileSync(join(dir, path));
      for (let sample = 0; sample < 24; sample += 1) {
        const spoilt = Buffer.from(bytes);
        spoilt[chance(bytes.length)]! ^= 1 << chance(8);
        writeFileSync(join(dir, path), spoilt);
        const { diagnostics } = await fsck(dir);
        const place = path.startsWith('index') ? 'index.sqlite' : path;
        expect(diagnostics.map(({ place }) => place?.file)).toContain(join(dir, place));
        expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(!path.startsWith('index'));
      }
      writeFileSync(join(dir, path), bytes);
    }
    expect(await said(dir)).toEqual({ errors: [], warnings: [] });
  });

  test('truncations of every file', async () => {
    const dir = copy();
    const chance = seeded(2);
    for (const path of filesOf(dir)) {
      const bytes = readFileSync(join(dir, path));
      for (const size of [0, bytes.length - 1, ...Array.from({ length: 8 }, () => chance(bytes.length))]) {
        truncateSync(join(dir, path), size);
        const { errors, warnings } = await said(dir);
        expect([path, (path.startsWith('index') ? warnings : errors).length > 0]).toEqual([path, true]);
        writeFileSync(join(dir, path), bytes);
      }
    }
  });

  test('every file that is gone, but for what follows from the others', async () => {
    for (const path of filesOf(recording)) {
      const dir = copy();
      rmSync(join(dir, path));
      const { errors, warnings } = await said(dir);
      const derived = ['outputs.ndjson', 'report.json', 'index.json', 'index.sqlite'].includes(path);
      expect([path, errors.length > 0, derived && warnings.length > 0]).toEqual([path, !derived, derived]);
    }
  });
});

describe('a file beside the journal', () => {
  test.each([
    ['report.json', (text: string) => text.replace('"events": 8', '"events": 9')],
    ['outputs.ndjson', (text: string) => text.replace('{"n":2}', '{"n":3}')],
    ['outputs.ndjson', (text: string) => `${text}${text}`],
  ])('%s that was edited does not follow from it', async (name, edit) => {
    const dir = copy();
    const path = join(dir, name);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, edit(before));
    expect(readFileSync(path, 'utf8')).not.toBe(before);
    expect(await said(dir)).toEqual({ errors: ['VNES8010'], warnings: [] });
  });

  test('shows that the end of the journal is gone', async () => {
    const dir = copy();
    const [last] = readdirSync(join(dir, 'journal')).sort().slice(-1);
    rmSync(join(dir, 'journal', last!));
    expect((await said(dir)).errors).toEqual(['VNES8002', 'VNES8010', 'VNES8010']);
  });

  test('that belongs to nothing is named', async () => {
    const dir = copy();
    mkdirSync(join(dir, 'objects/sha256/ab'), { recursive: true });
    writeFileSync(join(dir, 'objects/sha256/ab/cd.partial'), '');
    writeFileSync(join(dir, 'notes.txt'), '');
    expect(await said(dir)).toEqual({ errors: [], warnings: ['VNES8012', 'VNES8012'] });
  });
});

describe('a torn end is told apart from damage', () => {
  test('in a run that had not finished', async () => {
    const dir = copy();
    const names = readdirSync(join(dir, 'journal')).sort();
    rmSync(join(dir, 'journal', names.at(-1)!));
    for (const name of ['outputs.ndjson', 'report.json', 'index.sqlite', 'index.json'])
      rmSync(join(dir, name));
    appendFileSync(join(dir, 'journal', names.at(-2)!), Buffer.from('0000002a', 'hex'));
    expect(await said(dir)).toEqual({ errors: ['VNES8009'], warnings: [] });
    writeFileSync(join(dir, 'report.json'), '{}');
    expect(await said(dir)).toEqual({ errors: ['VNES8009', 'VNES8010'], warnings: [] });
  });

  test('and a seal of other records than those before it is damage, however sound its frame', async () => {
    const dir = copy();
    rmSync(join(dir, 'journal'), { recursive: true });
    const journal = createJournal(dir);
    journal.append(
      [...readJournal(recording)].map(({ record }) =>
        record.type === 'seal' ? { ...record, stateRoot: record.logRoot } : record,
      ),
    );
    journal.close();
    const { diagnostics } = await fsck(dir);
    expect(diagnostics.map(({ code, message }) => [code, /stateRoot/.test(message)])).toContainEqual([
      'VNES8003',
      true,
    ]);
  });
});

test('the command says it with its exit status, and in data', async () => {
  const dir = copy();
  const [segment] = readdirSync(join(dir, 'journal')).sort();
  const bytes = readFileSync(join(dir, 'journal', segment!));
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(join(dir, 'journal', segment!), bytes);
  const [good, bad, none] = await Promise.all(
    [recording, dir, '/nonexistent'].map(folder => runJson(['fsck', folder])),
  );
  expect(good).toMatchObject({
    exitCode: 0,
    diagnostics: [],
    data: { sound: true, findings: [], objects: 4 },
  });
  expect(bad).toMatchObject({ exitCode: 1, data: { sound: false, provable: { sealed: false } } });
  expect(bad!.diagnostics[0]).toMatchObject({
    code: 'VNES8003',
    place: { file: join(dir, 'journal', segment!) },
  });
  expect(none).toMatchObject({ exitCode: 2, data: null, diagnostics: [{ code: 'VNES8001' }] });
});
