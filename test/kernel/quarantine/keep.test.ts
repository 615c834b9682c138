import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { LIMITS } from '../../../src/base/limits.ts';
import { treeDigest } from '../../../src/capsule/tree.ts';
import { KeptBytes } from '../../../src/kernel/quarantine/bytes.ts';
import { recordFolder } from '../../../src/kernel/quarantine/keep.ts';
import { readRecord, recordName } from '../../../src/kernel/quarantine/read.ts';
import { objectPath } from '../../../src/store/objects.ts';
import { decision, quarantine } from './decisions.ts';

const GOOD = { 'manifest.json': '{}' };
const BAD = { 'manifest.json': '{"evil":true}' };
const WORSE = { 'manifest.json': '{"evil":2}' };

describe('what is remembered of a capsule', () => {
  test('since when it has its content and grade', () => {
    const { keep, only } = quarantine();
    const since = () => `${only().now.since.slice(0, 4)} ${only().now.verdict.grade}`;
    keep(2020, decision('quarantined', BAD));
    keep(2021, decision('quarantined', BAD));
    expect(since()).toBe('2020 quarantined');
    keep(2022, decision('quarantined', BAD, { check: 'authority' }));
    expect([since(), only().now.at.slice(0, 4)]).toEqual(['2020 quarantined', '2022']);
    keep(2023, decision('quarantined', WORSE));
    expect(since()).toBe('2023 quarantined');
    keep(2024, decision('waived', WORSE));
    expect(since()).toBe('2024 waived');
  });

  test('every decision, and a decision that changes nothing only once', () => {
    const { keep, only } = quarantine();
    keep(2020, decision('admitted', GOOD));
    keep(2021, decision('admitted', GOOD));
    keep(2022, decision('quarantined', BAD));
    keep(2023, decision('quarantined', BAD));
    keep(2024, decision('warned', GOOD));
    expect(only().entries.map(({ at, verdict }) => `${at.slice(0, 4)} ${verdict.grade}`)).toEqual([
      '2020 admitted',
      '2022 quarantined',
      '2024 warned',
    ]);
  });

  test('the version that was admitted last, also after it was refused', () => {
    const { keep, only } = quarantine();
    const last = () => only().lastAdmitted?.at.slice(0, 4);
    keep(2020, decision('quarantined', BAD));
    expect(last()).toBeUndefined();
    keep(2021, decision('warned', GOOD));
    expect(last()).toBeUndefined();
    keep(2022, decision('quarantined', BAD));
    keep(2023, decision('quarantined', WORSE));
    expect(last()).toBe('2021');
    keep(2024, decision('admitted', WORSE));
    expect(last()).toBe('2021');
  });

  test('the bytes of both, by digest, and none are ever taken out', () => {
    const { keep, dir } = quarantine();
    const bytes = new KeptBytes(dir);
    keep(2020, decision('admitted', GOOD));
    keep(2021, decision('quarantined', BAD));
    keep(2022, decision('admitted', WORSE));
    for (const { 'manifest.json': text } of [GOOD, BAD, WORSE])
      expect(Buffer.from(bytes.read(sha256(text))!).toString()).toBe(text);
  });

  test('a file that is too large by its digest alone', () => {
    const { keep, only, dir } = quarantine();
    const large = 'x'.repeat(LIMITS.quarantineFileBytes + 1);
    keep(2020, decision('quarantined', { ...BAD, 'impl/large': large }));
    expect(only().now.content.files.map(({ path, kept }) => [path, kept])).toEqual([
      ['manifest.json', true],
      ['impl/large', false],
    ]);
    expect(new KeptBytes(dir).read(sha256(large))).toBeUndefined();
  });

  test('and no more than there is room for', () => {
    const { dir } = quarantine();
    const keep = (most: number, ...texts: string[]) =>
      texts.map(text => new KeptBytes(dir, most).keep(sha256(text), Buffer.from(text)));
    expect(keep(10, 'four', 'five5', 'six')).toEqual([true, true, false]);
    // What is there already takes no room, and one that was made before counts.
    expect(keep(10, 'four', 'o')).toEqual([true, true]);
    const bytes = new KeptBytes(dir, 13);
    const more = ['ab', 'cd'].map(text => bytes.keep(sha256(text), Buffer.from(text)));
    expect(more).toEqual([true, false]);
  });

  test('whatever the folder is called by', () => {
    const { keep, only, cwd } = quarantine();
    for (const folder of ['capsule', './capsule', join(cwd, 'capsule'), 'other/../capsule'])
      keep(2020, decision('quarantined', BAD, { folder }));
    expect(only().entries).toHaveLength(1);
    expect(only().now.folder).toBe('capsule');
    expect(recordFolder('/elsewhere/capsule', cwd)).toBe('/elsewhere/capsule');
    expect(recordFolder('.', cwd)).toBe('.');
  });
});

describe('verify asks for less than a run', () => {
  test('so it lets nothing out that a run put in', () => {
    const { keep, only } = quarantine();
    keep(2020, decision('quarantined', BAD), 'run');
    keep(2021, decision('admitted', BAD), 'verify');
    keep(2022, decision('quarantined', WORSE), 'verify');
    keep(2023, decision('admitted', GOOD), 'verify');
    expect([only().now.verdict.grade, only().now.gate, only().entries.length]).toEqual([
      'quarantined',
      'run',
      2,
    ]);
    keep(2024, decision('admitted', GOOD), 'run');
    expect(only().now.verdict.grade).toBe('admitted');
  });

  test('but it does let out what it put in itself', () => {
    const { keep, only } = quarantine();
    keep(2020, decision('admitted', GOOD), 'run');
    keep(2021, decision('admitted', GOOD), 'verify');
    expect(only().entries).toHaveLength(1);
    keep(2022, decision('quarantined', BAD), 'verify');
    keep(2023, decision('admitted', GOOD), 'verify');
    expect(only().entries.map(({ gate }) => gate)).toEqual(['run', 'verify', 'verify']);
  });
});

describe('what is damaged or foreign is refused, and nothing of it is lost', () => {
  const spoil: readonly (readonly [string, (file: string) => void])[] = [
    ['no JSON', file => writeFileSync(file, '{')],
    ['an older form', file => writeFileSync(file, '{"schemaVersion":1}')],
    ['a newer form', file => change(file, '"schemaVersion": 2', '"schemaVersion": 3')],
    ['a grade that contradicts the verdict', file => change(file, '"quarantined"', '"admitted"')],
    ['files that do not give the tree', file => change(file, '"size": 13', '"size": 14')],
    ['a record of another folder', file => change(file, '"folder": "capsule"', '"folder": "other"')],
    ['a time that is none', file => change(file, '2020-01-01T', 'yesterday')],
    [
      'a folder',
      file => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    ['a gap', file => writeFileSync(join(dirname(file), '00000003.json'), readFileSync(file))],
    ['another file', file => writeFileSync(join(dirname(file), 'notes.txt'), '')],
  ];
  test.each(spoil)('%s', (_, damage) => {
    const { keep, records, dir } = quarantine();
    const other = decision('quarantined', GOOD, { folder: 'other-capsule' });
    keep(2020, [decision('quarantined', BAD), other]);
    damage(join(dir, recordName('capsule'), '00000001.json'));
    const before = everything(dir);
    expect(records().problems.map(({ code }) => code)).toEqual(['VNES3104']);
    expect(records().records.map(({ now }) => now.folder)).toEqual(['other-capsule']);
    const next = [decision('quarantined', WORSE), decision('admitted', GOOD, { folder: 'other-capsule' })];
    expect(() => keep(2021, next)).toThrow('VNES3104');
    expect(everything(dir)).toMatchObject(before);
    expect(records().records[0]!.now.verdict.grade).toBe('admitted');
  });

  test('any byte of a record that is another', () => {
    const { keep, records, dir } = quarantine();
    keep(2020, decision('quarantined', BAD));
    const file = join(dir, recordName('capsule'), '00000001.json');
    const before = readFileSync(file);
    const byte = fc.record({ at: fc.nat({ max: before.length - 1 }), value: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(byte, ({ at, value }) => {
        writeFileSync(file, before.with(at, value));
        const { records: read, problems } = records();
        expect(read.length + problems.length).toBe(1);
        if (read[0]) expect(treeDigest(read[0].now.content.files)).toBe(read[0].now.verdict.tree);
        else expect(problems[0]!.code).toBe('VNES3104');
      }),
      { numRuns: 300 },
    );
  });

  test('something beside the records', () => {
    const { keep, records, dir } = quarantine();
    keep(2020, decision('quarantined', BAD));
    writeFileSync(join(dir, 'a.json'), '{}');
    expect(records()).toMatchObject({ records: [{}], problems: [{ code: 'VNES3104' }] });
  });

  test('kept bytes that are no longer what their digest says are none', () => {
    const { keep, dir } = quarantine();
    keep(2020, decision('quarantined', BAD));
    const digest = sha256(BAD['manifest.json']);
    writeFileSync(objectPath(dir, digest), 'something else');
    expect(new KeptBytes(dir).read(digest)).toBeUndefined();
    keep(2021, decision('quarantined', BAD, { check: 'authority' }));
    expect(new KeptBytes(dir).read(digest)).toBeDefined();
  });

  test('what a stopped process left behind is not looked at', () => {
    const { keep, only, dir } = quarantine();
    keep(2020, decision('quarantined', BAD));
    writeFileSync(join(dir, recordName('capsule'), '.00000002.json.123.partial'), '{"half');
    expect(only().entries).toHaveLength(1);
  });
});

test('many runs at once lose no decision and break no record', { timeout: 60_000 }, async () => {
  const { dir, cwd } = quarantine();
  const rounds = 20;
  const program = `
    import { decision } from ${JSON.stringify(join(import.meta.dirname, 'at-once.ts'))};
    decision(${JSON.stringify({ dir, cwd, rounds })}, Number(process.argv[1]));`;
  const children = [1, 2, 3, 4].map(number =>
    spawn(process.execPath, ['--input-type=module', '-e', program, String(number)], { stdio: 'inherit' }),
  );
  const statuses = await Promise.all(children.map(async child => (await once(child, 'close'))[0]));
  expect(statuses).toEqual([0, 0, 0, 0]);
  const record = readRecord(dir, recordName('capsule'))!;
  expect(record.entries).toHaveLength(4 * rounds);
  const bytes = new KeptBytes(dir);
  for (const { content } of record.entries)
    for (const { kept, sha256: digest } of content.files)
      expect([kept, bytes.read(digest) !== undefined]).toEqual([true, true]);
  expect(readdirSync(join(dir, recordName('capsule'))).filter(name => name.endsWith('.partial'))).toEqual([]);
});

function change(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${from} is not in ${text}`);
  writeFileSync(file, text.replace(from, to));
}

/** Every file below a folder, with its bytes. */
function everything(dir: string): Record<string, string> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  const paths = entries
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter(path => existsSync(path));
  return Object.fromEntries(paths.map(path => [path, readFileSync(path, 'latin1')]));
}
