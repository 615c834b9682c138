import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Disk, nodeDisk } from '../../src/store/disk.ts';
import { openIndex } from '../../src/store/index.ts';
import { checkJournal, verifyJournal } from '../../src/store/read.ts';
import { sumJournal } from '../../src/store/sums.ts';
import { codeOf, event, frame, HEADER, RECORDS, record, seal, segments } from './recording.ts';

const SMALL = { segmentBytes: 400 };

describe('a pass over checksums', () => {
  it.each([
    ['of one segment', RECORDS, {}],
    ['of several', RECORDS, SMALL],
    ['without a seal', RECORDS.slice(0, -1), {}],
    [
      'of records larger than what is read at once',
      [HEADER, ...[0, 1, 2].map(n => frame(n, { ingress: [event(n, 'x'.repeat(900_000 + n))] })), seal(3, 3)],
      { segmentBytes: 1_500_000 },
    ],
  ])('over a journal %s finds what a pass over frames finds', (_, records, options) => {
    const dir = record(records, options);
    expect(sumJournal(dir)).toBeDefined();
    expect(checkJournal(dir)).toEqual(verifyJournal(dir));
  });

  it('finds any one bit that was changed', () => {
    const whole = [{ ...HEADER, capsules: [] }, frame(0, { ingress: [event(0)] }), seal(1, 1)];
    const files = new Map(segments(record(whole, SMALL)).map(({ path, bytes }) => [path, bytes]));
    const dir = join([...files.keys()][0]!, '../..');
    const disk = holding(files);
    let flips = 0;
    for (const [path, bytes] of files) {
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        if (sumJournal(dir, disk) !== undefined) throw new Error(`bit ${bit} of ${path}`);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        flips += 1;
      }
    }
    expect(flips).toBeGreaterThan(6000);
    expect(sumJournal(dir, disk)).toBeDefined();
  });

  it('finds any end that was cut off but one between two groups', () => {
    const dir = record();
    const [{ path, bytes }] = segments(dir) as [{ path: string; bytes: Buffer }];
    for (let size = bytes.length - 1; size >= 0; size -= 1) {
      truncateSync(path, size);
      const summed = sumJournal(dir);
      if (summed) expect(checkJournal(dir)).toEqual(verifyJournal(dir));
      else expect(() => verifyJournal(dir)).toThrow('VNES8003');
    }
  });

  it('finds segments that are missing, swapped or not its own', () => {
    const dir = record(RECORDS, SMALL);
    const [first, second, third] = segments(dir);
    writeFileSync(second!.path, third!.bytes);
    writeFileSync(third!.path, second!.bytes);
    expect(sumJournal(dir)).toBeUndefined();
    writeFileSync(second!.path, second!.bytes);
    writeFileSync(third!.path, Buffer.concat([third!.bytes, first!.bytes.subarray(48)]));
    expect(sumJournal(dir)).toBeUndefined();
    rmSync(second!.path);
    expect(() => checkJournal(dir)).toThrow('VNES8003');
  });
});

describe('a record that somebody changed together with its checksum', () => {
  it('is not seen by questions, which are answered as before, and refused by what reads it', async () => {
    const dir = record();
    const before = await values(dir);
    const [{ path, bytes }] = segments(dir) as [{ path: string; bytes: Buffer }];
    const at = bytes.indexOf('"n":1');
    bytes.write('"n":7', at);
    repair(bytes, at);
    writeFileSync(path, bytes);
    expect(sumJournal(dir)).toBeDefined();
    expect(await values(dir)).toEqual(before);
    expect(() => verifyJournal(dir)).toThrow('VNES8003');
    rmSync(join(dir, 'index.sqlite'));
    expect(await codeOf(() => openIndex(dir))).toBe('VNES8003');
  });
});

/** A disk that holds these files and no others. */
function holding(files: ReadonlyMap<string, Buffer>): Disk {
  const paths = [...files.keys()];
  return {
    ...nodeDisk,
    list: () => paths.map(path => basename(path)),
    open: path => {
      if (!files.has(path)) throw Object.assign(new Error(path), { code: 'ENOENT' });
      return paths.indexOf(path);
    },
    size: file => files.get(paths[file]!)!.length,
    read: (file, into, at) => files.get(paths[file]!)!.copy(into, 0, at),
    close: () => {},
  };
}

/** Gives the frame that holds this byte a checksum that fits. */
function repair(bytes: Buffer, at: number): void {
  for (let offset = 48; offset < bytes.length; ) {
    const length = bytes.readUInt32BE(offset) & 0x3fff_ffff;
    const end = offset + 40 + length;
    const parts = [bytes.subarray(offset, offset + 4), bytes.subarray(offset + 8, end)];
    if (at < end) return void bytes.writeUInt32BE(crc32(parts[1]!, crc32(parts[0]!)), offset + 4);
    offset = end;
  }
}

async function values(dir: string): Promise<unknown> {
  const { database, close } = await openIndex(dir);
  try {
    return database.prepare('SELECT payload FROM events ORDER BY seq').all();
  } finally {
    close();
  }
}
