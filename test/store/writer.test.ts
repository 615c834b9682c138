import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Raw, toDigest } from '../../src/base/digest.ts';
import { type Disk, nodeDisk } from '../../src/store/disk.ts';
import { createJournal } from '../../src/store/journal.ts';
import { verifyJournal } from '../../src/store/read.ts';
import { codeOf, folder, frame, HEADER, readAll, segments } from './recording.ts';

/** The real file system, where one call fails once. */
function failing(method: keyof Disk, atCall: number): Disk {
  let calls = 0;
  const broken = (...args: never[]): unknown => {
    calls += 1;
    if (calls === atCall) throw Object.assign(new Error('injected'), { code: 'EIO' });
    return (nodeDisk[method] as (...args: never[]) => unknown)(...args);
  };
  return { ...nodeDisk, [method]: broken };
}

describe('the writer', () => {
  it.each(['write', 'sync'] as const)(
    'is dead after a failed %s and acknowledges nothing more',
    async method => {
      const dir = folder();
      const journal = createJournal(dir, { disk: failing(method, 3) });
      journal.append([HEADER]);
      const head = journal.head;
      expect(await codeOf(() => journal.append([frame(0, {})]))).toBe('VNES8005');
      expect(await codeOf(() => journal.append([frame(0, {})]))).toBe('VNES8005');
      expect(await codeOf(() => journal.append([]))).toBe('VNES8005');
      expect(journal.head).toBe(head);
      journal.close();
      expect(readAll(dir).records[0]).toEqual(HEADER);
    },
  );

  it.each(['create', 'write', 'sync', 'syncFolder'] as const)(
    'does not come to be when its first %s fails',
    async method => {
      expect(await codeOf(() => createJournal(folder(), { disk: failing(method, 1) }))).toBe('VNES8005');
    },
  );

  it('syncs before it returns, once a group, and the folder once a segment', () => {
    const calls: string[] = [];
    const disk: Disk = {
      ...nodeDisk,
      write: (file, bytes) => {
        calls.push('write');
        return nodeDisk.write(file, bytes);
      },
      sync: file => {
        calls.push('sync');
        nodeDisk.sync(file);
      },
      syncFolder: path => {
        calls.push('folder');
        nodeDisk.syncFolder(path);
      },
    };
    const journal = createJournal(folder(), { disk, segmentBytes: 200 });
    calls.length = 0;
    journal.append([HEADER, frame(0, {})]);
    expect(calls).toEqual(['write', 'sync']);
    journal.append([frame(1, {}), frame(2, {})]);
    expect(calls.slice(2)).toEqual(['write', 'sync', 'folder']);
    journal.close();
  });

  it('goes on where the disk takes only some of the bytes', () => {
    const dir = folder();
    const disk = {
      ...nodeDisk,
      write: (file: number, bytes: Uint8Array) => nodeDisk.write(file, bytes.subarray(0, 7)),
    };
    const journal = createJournal(dir, { disk });
    journal.append([HEADER]);
    expect(verifyJournal(dir)).toMatchObject({ head: journal.head, records: 1, sealed: false });
    journal.close();
  });

  it('has a head that anyone can compute', () => {
    const dir = folder();
    const journal = createJournal(dir);
    expect(journal.head).toBe(toDigest(sha256Raw('VNESJNL1')));
    journal.append([HEADER]);
    const payload = segments(dir)[0]!.bytes.subarray(48 + 40);
    expect(journal.head).toBe(toDigest(sha256Raw(sha256Raw('VNESJNL1'), payload)));
    journal.close();
  });

  it('is alone: a second one is refused while the first writes, after it has closed, and in other processes', async () => {
    const dir = folder();
    const journal = createJournal(dir);
    expect(await codeOf(() => createJournal(dir))).toBe('VNES8006');
    journal.append([HEADER]);
    journal.close();
    expect(await codeOf(() => createJournal(dir))).toBe('VNES8006');
    const script = `import { createJournal } from ${JSON.stringify(join(import.meta.dirname, '../../src/store/journal.ts'))};
      createJournal(${JSON.stringify(dir)});`;
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(other.stderr).toContain('VNES8006');
    expect(readAll(dir).records).toEqual([HEADER]);
  });
});
