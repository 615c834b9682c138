import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JournalFollower } from '../../src/store/follow.ts';
import { createJournal } from '../../src/store/journal.ts';
import { codeOf, folder, RECORDS } from './recording.ts';

/** A recording whose groups are these, and the sizes of its segment after each. */
function recorded(groups: readonly number[], segmentBytes?: number) {
  const dir = folder();
  const journal = createJournal(dir, segmentBytes === undefined ? {} : { segmentBytes });
  let done = 0;
  for (const size of groups) {
    journal.append(RECORDS.slice(done, done + size));
    done += size;
  }
  journal.close();
  return dir;
}

const SEGMENT = 'journal/00000001.vnj';

test('gives a group when the next one has begun, and the last with the seal', () => {
  const dir = folder();
  const journal = createJournal(dir);
  journal.append(RECORDS.slice(0, 2));
  const follower = new JournalFollower(dir);
  expect(follower.next()).toEqual([]);
  journal.append(RECORDS.slice(2, 3));
  expect(follower.next()).toEqual(RECORDS.slice(0, 2));
  expect(follower.next()).toEqual([]);
  journal.append(RECORDS.slice(3, 4));
  expect([follower.next(), follower.sealed]).toEqual([RECORDS.slice(2, 3), false]);
  journal.append(RECORDS.slice(4));
  expect([follower.next(), follower.sealed, follower.next()]).toEqual([RECORDS.slice(3), true, []]);
  journal.close();
});

test('waits wherever a write may have come to, and gives nothing twice', () => {
  const dir = recorded([2, 1, 1, RECORDS.length - 4]);
  const bytes = readFileSync(join(dir, SEGMENT));
  const copy = folder();
  mkdirSync(join(copy, 'journal'));
  writeFileSync(join(copy, SEGMENT), '');
  const follower = new JournalFollower(copy);
  const given = [];
  for (let size = bytes.length % 7; size <= bytes.length; size += 7) {
    writeFileSync(join(copy, SEGMENT), bytes.subarray(0, size));
    given.push(...follower.next());
    if (size < bytes.length) expect(follower.sealed).toBe(false);
  }
  expect([given, follower.sealed]).toEqual([RECORDS, true]);
});

test('goes on from segment to segment', () => {
  const follower = new JournalFollower(recorded([1, 1, 1, 1, RECORDS.length - 4], 400));
  expect([follower.next(), follower.sealed]).toEqual([RECORDS, true]);
});

test('names damage in what others follow', async () => {
  const dir = recorded([2, 1, RECORDS.length - 3]);
  const bytes = readFileSync(join(dir, SEGMENT));
  for (let at = 0; at < bytes.length - 200; at += 13) {
    const bad = Buffer.from(bytes);
    bad[at]! ^= 1;
    writeFileSync(join(dir, SEGMENT), bad);
    const follower = new JournalFollower(dir);
    // A changed length may say that a record is not all there yet. Nothing false is given then either.
    const code = await codeOf(() => expect(RECORDS).toEqual(expect.arrayContaining([...follower.next()])));
    expect(['no failure', 'VNES8003']).toContain(code);
    expect(follower.sealed).toBe(false);
  }
});

test('there must be a recording', async () => {
  expect(await codeOf(() => new JournalFollower(folder()))).toBe('VNES8001');
});
