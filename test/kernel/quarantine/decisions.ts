import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { treeDigest } from '../../../src/capsule/tree.ts';
import { type Decision, type Keeping, keepDecisions } from '../../../src/kernel/quarantine/keep.ts';
import type { CapsuleRecord } from '../../../src/kernel/quarantine/model.ts';
import { listRecords } from '../../../src/kernel/quarantine/read.ts';
import type { CheckResult, Grade } from '../../../src/trust/verdict.ts';

const RESULTS: Readonly<Record<Grade, CheckResult>> = {
  admitted: 'pass',
  warned: 'warn',
  waived: 'waived',
  quarantined: 'fail',
};

/** A decision about a capsule of these files, as whatever examines capsules would make it. */
export function decision(
  grade: Grade,
  contents: Readonly<Record<string, string>>,
  { folder = 'capsule', check = 'receipt.files' } = {},
): Decision {
  const entries = Object.entries(contents);
  const files = entries.map(([path, text]) => ({
    path,
    mode: '100644' as const,
    size: Buffer.byteLength(text),
    sha256: sha256(text),
  }));
  const kept = new Map(entries.map(([path, text]) => [path, Buffer.from(text)]));
  const admitted = grade !== 'quarantined';
  return {
    walk: { files, kept, problems: [], imports: [] },
    verdict: {
      folder,
      grade,
      admitted,
      id: 'test.a',
      version: '1.0.0',
      tree: treeDigest(files),
      signers: [],
      checks: [{ id: check, proves: 'Something.', result: RESULTS[grade] }],
    },
  };
}

/** A quarantine of its own for one test, with hands to put decisions into it. */
export function quarantine() {
  return quarantineIn('quarantine');
}

/** As {@link quarantine}, at this place below its folder. */
export function quarantineIn(place: string) {
  const cwd = mkdtempSync(join(tmpdir(), 'vnes-quarantine-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const dir = join(cwd, place);
  const keeping = (year: number, gate: Keeping['gate']): Keeping => ({
    dir,
    cwd,
    gate,
    trust: { keys: [], files: [] },
    now: Date.UTC(year),
  });
  return {
    cwd,
    dir,
    keep(year: number, made: Decision | readonly Decision[], gate: Keeping['gate'] = 'run') {
      keepDecisions([made].flat(), keeping(year, gate));
    },
    records: () => listRecords(dir),
    only(): CapsuleRecord {
      const { records, problems } = listRecords(dir);
      if (records.length !== 1 || problems.length > 0)
        throw new Error(`${records.length} records: ${problems}`);
      return records[0]!;
    },
  };
}
