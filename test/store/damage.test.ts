import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/base/canonical.ts';
import type { JsonValue } from '../../src/base/json.ts';
import { statedLength } from '../../src/store/frame.ts';
import { createJournal } from '../../src/store/journal.ts';
import { verifyJournal } from '../../src/store/read.ts';
import {
  codeOf,
  event,
  folder,
  frame,
  HEADER,
  RECORDS,
  readAll,
  record,
  seal,
  segments,
} from './recording.ts';

const SMALL = { segmentBytes: 400 };
const same = (records: unknown): string => canonicalJson(records as JsonValue);

describe('a journal', () => {
  it('reads back what was written, over several segments', () => {
    const dir = record(RECORDS, SMALL);
    expect(segments(dir).length).toBeGreaterThan(2);
    expect(readAll(dir)).toEqual({ records: RECORDS, sealed: true });
    expect(verifyJournal(dir)).toMatchObject({ records: RECORDS.length, sealed: true });
  });

  it('cut at any byte gives exactly its intact prefix, and is never taken for whole', () => {
    const dir = record();
    const [{ path, bytes }] = segments(dir) as [{ path: string; bytes: Buffer }];
    const boundaries = new Set([0]);
    for (let size = bytes.length - 1; size >= 0; size -= 1) {
      truncateSync(path, size);
      const { records, sealed, code } = readAll(dir);
      expect(sealed).toBe(false);
      expect(records).toEqual(RECORDS.slice(0, records.length));
      boundaries.add(records.length);
      if (code !== undefined) expect(code).toBe('VNES8003');
      else expect(records.length).toBeGreaterThan(0);
    }
    expect([...boundaries].sort()).toEqual([...RECORDS.keys()]);
  });

  it('with any one bit changed is refused after its intact records', () => {
    const whole = [{ ...HEADER, capsules: [] }, frame(0, { ingress: [event(0)] }), seal(1, 1)];
    const dir = record(whole, SMALL);
    expect(segments(dir).length).toBe(2);
    const prefixes = whole.map((_, length) => same(whole.slice(0, length)));
    let flips = 0;
    for (const { path, bytes } of segments(dir)) {
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const damaged = Buffer.from(bytes);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        writeFileSync(path, damaged);
        const { records, code, message } = readAll(dir);
        const named = code === 'VNES8003' && /at byte \d+/.test(message ?? '');
        if (!named || same(records) !== prefixes[records.length]) {
          throw new Error(`bit ${bit} of ${path}: ${records.length} records, ${message}`);
        }
        flips += 1;
      }
      writeFileSync(path, bytes);
    }
    expect(flips).toBeGreaterThan(6000);
    expect(readAll(dir)).toEqual({ records: whole, sealed: true });
  }, 30_000);

  it('cut within a group of records is refused, though it ends with a whole record', () => {
    const dir = folder();
    const journal = createJournal(dir);
    journal.append(RECORDS.slice(0, 2));
    journal.append(RECORDS.slice(2));
    journal.close();
    const [{ path, bytes }] = segments(dir) as [{ path: string; bytes: Buffer }];
    truncateSync(path, bytes.lastIndexOf('{"events"') - 40);
    const message = expect.stringContaining('within a group');
    expect(readAll(dir)).toMatchObject({ records: RECORDS.slice(0, -1), code: 'VNES8003', message });
    expect(() => verifyJournal(dir)).toThrow('VNES8003');
  });

  it('with records of another recording in it is refused, although each of them is sound', () => {
    const dir = record();
    const other = record([{ ...HEADER, seed: '8' }, ...RECORDS.slice(1)]);
    const [mine, theirs] = [dir, other].map(each => segments(each)[0]!);
    const firstFrameEnds = 48 + 40 + statedLength(mine!.bytes.subarray(48));
    writeFileSync(
      mine!.path,
      Buffer.concat([mine!.bytes.subarray(0, firstFrameEnds), theirs!.bytes.subarray(firstFrameEnds)]),
    );
    expect(readAll(dir)).toMatchObject({ records: [HEADER], code: 'VNES8003' });
    expect(readAll(dir).message).toContain('does not follow the record before it');
  });

  it('names segment, byte and record of the damage, and what is intact', () => {
    const dir = record();
    const [{ path, bytes }] = segments(dir) as [{ path: string; bytes: Buffer }];
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    const { message } = readAll(dir);
    expect(message).toMatch(/record 5 at byte \d+: its checksum does not match/);
  });
});

describe('segments', () => {
  it('missing in the middle are named', () => {
    const dir = record(RECORDS, SMALL);
    const [, second] = segments(dir);
    rmSync(second!.path);
    expect(readAll(dir)).toMatchObject({
      code: 'VNES8003',
      message: expect.stringContaining('missing or misnamed'),
    });
  });

  it('that are no plain files are refused, and waited for by nobody', () => {
    const dir = record(RECORDS, SMALL);
    const { path } = segments(dir)[1]!;
    rmSync(path);
    execFileSync('mkfifo', [path]);
    expect(readAll(dir)).toMatchObject({ code: 'VNES8003', message: expect.stringContaining('plain file') });
  });

  it('missing at the end leave a recording without a seal', () => {
    const dir = record(RECORDS, SMALL);
    rmSync(segments(dir).at(-1)!.path);
    const { sealed, code, records } = readAll(dir);
    expect([sealed, code]).toEqual([false, undefined]);
    expect(records).toEqual(RECORDS.slice(0, records.length));
  });

  it('swapped or taken from another recording are refused', () => {
    const dir = record(RECORDS, SMALL);
    const [first, second, third] = segments(dir);
    renameSync(second!.path, `${first!.path}.kept`);
    renameSync(third!.path, second!.path);
    renameSync(`${first!.path}.kept`, third!.path);
    expect(readAll(dir).code).toBe('VNES8003');

    const other = record([{ ...HEADER, seed: '8' }, ...RECORDS.slice(1)], SMALL);
    const mixed = record(RECORDS, SMALL);
    copyFileSync(segments(other)[1]!.path, segments(mixed)[1]!.path);
    expect(readAll(mixed)).toMatchObject({
      code: 'VNES8003',
      message: expect.stringContaining('does not go on'),
    });
  });

  it.each([[Buffer.from([0])], [Buffer.alloc(64)], [Buffer.from('{"type":"boot"}')]])(
    'with bytes after the seal are refused',
    tail => {
      const dir = record();
      appendFileSync(segments(dir)[0]!.path, tail);
      expect(readAll(dir)).toMatchObject({ code: 'VNES8003', records: RECORDS });
      expect(() => verifyJournal(dir)).toThrow('VNES8003');
    },
  );
});

describe('a folder', () => {
  it.each([
    ['that does not exist', () => join(folder(), 'nothing')],
    ['without a journal', folder],
    ['with an empty journal', () => record([])],
  ])('%s is refused', async (_name, make) => {
    const dir = make();
    const expected = _name === 'with an empty journal' ? 'VNES8003' : 'VNES8001';
    expect(await codeOf(() => verifyJournal(dir))).toBe(expected);
    expect(readAll(dir).code).toBe(expected);
  });

  it('with frames of the wrong number, event or offset is never written', () => {
    for (const wrong of [
      frame(1, {}),
      frame(0, { ingress: [{ ...RECORDS[2]!, seq: 1 } as never] }),
      seal(1, 0),
      HEADER,
    ]) {
      expect(() => record([HEADER, wrong])).toThrow(RangeError);
    }
    expect(() => record([frame(0, {})])).toThrow(/header is missing/);
    expect(() => record([...RECORDS, seal(3, 5)])).toThrow(/after the seal/);
  });
});
