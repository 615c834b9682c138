import { Failure, fail } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { type HashedFile, hashFile } from '../capsule/hash-file.ts';
import type { Walk } from '../capsule/inventory.ts';
import type { Manifest } from '../capsule/manifest.ts';
import { type TreeFile, treeDigest } from '../capsule/tree.ts';
import { walkCapsule } from '../capsule/walk.ts';
import { CHECKS } from './checks.ts';
import type { CheckRow, Examination, PartFinding } from './examination.ts';
import { gradeOf, resultOf, stands, worst } from './grade.ts';
import type { TrustStore } from './store.ts';
import type { Check, Verdict, VerifiedCapsule } from './verdict.ts';
import { type Decided, waived } from './waived.ts';

export interface VerifyOptions {
  /** Keeps the bytes of files up to this size, so that reading them later needs no second look at the disk. */
  readonly keepBytes?: number;
}

export interface Verification {
  readonly verdict: Verdict;
  /** What the verdict is about: everything that was read of the folder. */
  readonly walk: Walk;
  /** Present only when the verdict admits the capsule. */
  readonly capsule?: VerifiedCapsule;
}

/**
 * Examines the capsule in `folder` and says whether it is admitted, with the proof. `shownAs` names the folder in diagnostics.
 * Whatever lies there ends in a verdict, not in an exception.
 */
export function verifyCapsule(
  folder: string,
  shownAs: string,
  trust: TrustStore,
  options: VerifyOptions = {},
): Verification {
  const walk = walkCapsule(folder, { shownAs, ...options });
  const { verdict, manifest } = examineWalk(walk, shownAs, trust);
  if (!verdict.admitted) return { verdict, walk };
  const read = reader(folder, shownAs, walk.files, walk.kept);
  const { files } = walk;
  return {
    verdict,
    walk,
    capsule: { verdict, folder, manifest: manifest!, tree: verdict.tree!, files, read },
  };
}

export interface Examined {
  readonly verdict: Verdict;
  /** Present when the check of the manifest passed. */
  readonly manifest?: Manifest;
}

/**
 * The verdict about what a walk found, wherever the walk went. Reads nothing but its arguments, so it can be repeated. `rows`
 * are the checks, for those who know more about the capsule than its files.
 */
export function examineWalk(
  walk: Walk,
  shownAs: string,
  trust: TrustStore,
  rows: readonly CheckRow[] = CHECKS,
): Examined {
  const steps = examining(walk, shownAs, trust, rows);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * As {@link examineWalk}, for those who have many walks: signatures are verified on other threads while this one begins with the
 * next.
 */
export async function examineMeanwhile(walk: Walk, shownAs: string, trust: TrustStore): Promise<Verdict> {
  const steps = examining(walk, shownAs, trust, CHECKS);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value.verdict;
    // Begun together with those of the other capsules of a share: a start of its own would wake a thread for each.
    await undefined;
    await step.value();
  }
}

/** What may be done before the next check; it passes or fails in the same way without. */
type Ahead = () => Promise<void>;

function* examining(
  walk: Walk,
  shownAs: string,
  trust: TrustStore,
  rows: readonly CheckRow[],
): Generator<Ahead, Examined> {
  const tree = treeDigest(walk.files);
  const examination: Examination = { folder: shownAs, walk, tree, trust };
  const decided = yield* examine(examination, rows);
  const { manifest, signers = [] } = examination;
  const checks = waived(
    decided,
    trust.waivers,
    manifest && { id: manifest.id, version: manifest.version, tree },
  );
  const grade = gradeOf(checks);
  const verdict: Verdict = {
    folder: shownAs,
    grade,
    admitted: grade !== 'quarantined',
    ...(manifest ? { id: manifest.id, version: manifest.version } : {}),
    tree,
    signers: [...new Set(signers.map(({ name }) => name))],
    checks,
  };
  return { verdict, ...(manifest ? { manifest } : {}) };
}

function* examine(examination: Examination, rows: readonly CheckRow[]): Generator<Ahead, readonly Decided[]> {
  const done = new Map<string, Decided>();
  for (const row of rows) {
    const failed = row.needs.find(need => !stands(done.get(need)!.check));
    if (row.ahead && failed === undefined) yield () => row.ahead!(examination);
    done.set(row.id, decide(row, examination, failed));
  }
  return [...done.values()];
}

const NOTHING: ReadonlySet<string> = new Set();

function decide(row: CheckRow, examination: Examination, failed: string | undefined): Decided {
  const { id, proves } = row;
  if (failed !== undefined) {
    const evidence = `not decided: ${failed} did not pass`;
    return { check: { id, proves, result: 'blocked', evidence }, waivable: NOTHING };
  }
  const { checks = [], ...found } = row.run(examination);
  const check = checkOf({ id, proves, ...found });
  const parts = checks.map(checkOf);
  if (parts.length === 0) return { check, waivable: row.waivable ? new Set([id]) : NOTHING };
  const result = worst([check, ...parts].map(each => each.result));
  const waivable = new Set(checks.filter(part => part.waivable).map(part => part.id));
  return { check: { ...check, result, checks: parts }, waivable };
}

function checkOf({ id, proves, evidence, diagnostics = [] }: CheckFinding): Check {
  const told = diagnostics.length > 0 ? { diagnostics } : {};
  return { id, proves, result: resultOf(diagnostics), evidence, ...told };
}

type CheckFinding = Pick<PartFinding, 'id' | 'proves' | 'evidence'> &
  Partial<Pick<PartFinding, 'diagnostics'>>;

/** Hands out the bytes that were verified: kept ones, or those on disk if they still are what they were. */
function reader(
  folder: string,
  shownAs: string,
  files: readonly TreeFile[],
  kept: ReadonlyMap<string, Uint8Array>,
): (path: string) => Uint8Array {
  const covered = new Map(files.map(file => [file.path, file]));
  return path => {
    const place = { file: `${shownAs}/${path}` };
    const file = covered.get(path);
    if (!file) {
      return fail('VNES2025', `${path} is not part of the capsule`, {
        place,
        expected: 'a file that the receipt lists',
      });
    }
    const bytes = kept.get(path);
    if (bytes) return bytes;
    if (file.size > LIMITS.loadedFileBytes) {
      fail('VNES2026', `${path} is too large to load`, {
        place,
        expected: `at most ${LIMITS.loadedFileBytes} bytes`,
      });
    }
    const now = rehash(`${folder}/${path}`, file.size);
    if (now?.sha256 === file.sha256 && now.bytes) return now.bytes;
    return fail('VNES2024', `${path} changed after it was verified`, {
      place,
      expected: file.sha256,
      found: now?.sha256 ?? 'a file that cannot be read',
      help: `vnes verify ${shownAs}`,
    });
  };
}

function rehash(path: string, size: number): HashedFile | undefined {
  try {
    return hashFile(path, size);
  } catch (error) {
    if (error instanceof Failure) throw error;
    return undefined;
  }
}
