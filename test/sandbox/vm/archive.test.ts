import { expect, test } from 'vitest';
import { type ArchiveEntry, archive } from '../../../src/sandbox/vm/archive.ts';

/** Reads it as the kernel does: header, name, content, each from a multiple of four. */
function unpack(bytes: Buffer): { name: string; mode: string; content: string }[] {
  const entries: { name: string; mode: string; content: string }[] = [];
  for (let at = 0; ; ) {
    expect(bytes.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) =>
      Number.parseInt(bytes.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [size, nameSize] = [field(6), field(11)];
    const name = bytes.toString('latin1', at + 110, at + 110 + nameSize - 1);
    expect(bytes[at + 110 + nameSize - 1]).toBe(0);
    const start = Math.ceil((at + 110 + nameSize) / 4) * 4;
    const content = bytes.toString('latin1', start, start + size);
    entries.push({ name, mode: field(1).toString(8), content });
    at = Math.ceil((start + size) / 4) * 4;
    if (name !== 'TRAILER!!!') continue;
    expect(at).toBe(bytes.length);
    return entries;
  }
}

const text = (content: string) => Buffer.from(content);
const ENTRIES: readonly ArchiveEntry[] = [
  { path: 'bin', kind: 'folder' },
  { path: 'bin/abc', kind: 'program', bytes: text('#!/x') },
  { path: 'odd', kind: 'file', bytes: text('12345') },
  { path: 'lib64', kind: 'link', bytes: text('lib') },
];

test('what was packed is there, with its kind', () => {
  expect(unpack(Buffer.concat(archive(ENTRIES)))).toEqual([
    { name: 'bin', mode: '40755', content: '' },
    { name: 'bin/abc', mode: '100755', content: '#!/x' },
    { name: 'odd', mode: '100644', content: '12345' },
    { name: 'lib64', mode: '120777', content: 'lib' },
    { name: 'TRAILER!!!', mode: '0', content: '' },
  ]);
});

test('the same entries are the same bytes', () => {
  expect(Buffer.concat(archive(ENTRIES))).toEqual(Buffer.concat(archive(ENTRIES)));
});
