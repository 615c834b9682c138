import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { canonicalJson } from '../../base/canonical.ts';
import { type Diagnostic, Failure } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import type { JsonValue } from '../../base/json.ts';
import { toRfc3339 } from '../../base/ports.ts';
import type { Walk } from '../../capsule/inventory.ts';
import { RECEIPT_FILE } from '../../capsule/tree.ts';
import { plain } from '../../trust/proof.ts';
import { receiptSigners } from '../../trust/receipt-signers.ts';
import type { TrustStore } from '../../trust/store.ts';
import type { Verdict } from '../../trust/verdict.ts';
import { nameOf } from '../boot.ts';
import { appendEntry } from './append.ts';
import { KeptBytes } from './bytes.ts';
import type { Entry, Gate, KeptContent } from './model.ts';
import { readRecord, recordName } from './read.ts';

/** A verdict with what it is about. */
export interface Decision {
  readonly verdict: Verdict;
  readonly walk: Walk;
}

/** Where decisions are kept, and under what they were made. */
export interface Keeping {
  /** The quarantine's folder. */
  readonly dir: string;
  /** The folder that the capsules' folders are relative to. */
  readonly cwd: string;
  readonly gate: Gate;
  readonly trust: TrustStore;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Runs that decide about one capsule at once are this many at most before one gives up. */
const MOST_TRIES = 100;

/**
 * Keeps decisions: a refused capsule enters the quarantine, one that is admitted leaves it, and what was known before stays
 * behind as its history. A decision that changes nothing is not written down again.
 *
 * @throws Failure with every record that could not be kept: VNES1012 when it cannot be written, VNES3104 when what is there
 *   cannot be read. All others are kept by then.
 */
export function keepDecisions(decisions: readonly Decision[], keeping: Keeping): void {
  const problems: Diagnostic[] = [];
  const bytes = new KeptBytes(keeping.dir);
  for (const decision of decisions) {
    try {
      keepOne(decision, keeping, bytes);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      problems.push(...error.diagnostics);
    }
  }
  const [first, ...more] = problems;
  if (first) throw new Failure(first, ...more);
}

/** How the quarantine calls a capsule's folder, however the user named it. */
export function recordFolder(shown: string, cwd: string): string {
  const path = relative(cwd, resolve(cwd, shown));
  const inside = path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
  return (inside ? path || '.' : resolve(cwd, shown)).split(sep).join('/').toWellFormed();
}

function keepOne(decision: Decision, keeping: Keeping, bytes: KeptBytes): void {
  const { dir, cwd } = keeping;
  const folder = recordFolder(decision.verdict.folder, cwd);
  const name = recordName(folder);
  for (let tries = 1; ; tries += 1) {
    const record = readRecord(dir, name);
    const entry = nextEntry(record?.now, decision, keeping, folder, bytes);
    if (!entry) return;
    if (appendEntry(join(dir, name), (record?.entries.length ?? 0) + 1, entry)) return;
    if (tries === MOST_TRIES) throw new Error(`quarantine: ${tries} runs decided about ${folder} meanwhile`);
  }
}

/** What is to be written down after the last entry; nothing when it says the same already, or may not be overruled. */
function nextEntry(
  before: Entry | undefined,
  { verdict, walk }: Decision,
  keeping: Keeping,
  folder: string,
  bytes: KeptBytes,
): Entry | undefined {
  const { trust, now } = keeping;
  const gate = gateAfter(before, keeping.gate, verdict);
  if (!gate) return undefined;
  const content = contentOf(walk, verdict, trust);
  if (before && stateOf(before) === stateOf({ gate, verdict, content })) return undefined;
  const same = before?.verdict.tree === verdict.tree && before?.verdict.grade === verdict.grade;
  const at = toRfc3339(now);
  const since = same ? before.since : at;
  const kept = keepContent(content, walk, bytes);
  return plain({
    schemaVersion: 2,
    folder,
    name: nameOf(verdict),
    gate,
    at,
    since,
    verdict,
    content: kept,
  }) as unknown as Entry;
}

/**
 * `verify` asks for less than a run: it takes nothing out that a run put in, and does not repeat what a run said.
 * @returns who has to admit the capsule next time, or undefined when this decision does not count beside the last one.
 */
function gateAfter(
  before: Entry | undefined,
  gate: Gate,
  { admitted, grade, tree }: Verdict,
): Gate | undefined {
  if (before?.gate !== 'run' || gate === 'run') return gate;
  const { verdict } = before;
  if (verdict.admitted) return tree === verdict.tree && grade === verdict.grade ? undefined : 'verify';
  return admitted || tree === verdict.tree ? undefined : 'run';
}

/** All by which two decisions about a folder differ, without the words of their evidence. */
function stateOf({ gate, verdict, content }: Pick<Entry, 'gate' | 'verdict' | 'content'>): string {
  const { id = null, version = null, tree, grade, checks } = verdict;
  return canonicalJson(
    plain({
      gate,
      id,
      version,
      tree,
      grade,
      receipt: content.receipt,
      signers: content.signers,
      checks: checks.map(outline),
    }),
  );
}

function outline({ id, result, diagnostics = [], checks = [] }: Verdict['checks'][number]): JsonValue {
  const codes = diagnostics.map(({ code, place }) => `${code} ${place?.pointer ?? ''}`);
  return { id, result, codes, checks: checks.map(outline) };
}

function contentOf(walk: Walk, verdict: Verdict, trust: TrustStore): KeptContent {
  const receipt = walk.kept.get(RECEIPT_FILE);
  return {
    files: walk.files.map(file => ({ ...file, kept: false })),
    receipt: receipt ? sha256(receipt) : null,
    signers: receiptSigners(receipt, verdict.id, trust),
  };
}

/** Keeps the bytes that were examined, as they were read then. */
function keepContent(
  { files, receipt, signers }: KeptContent,
  { kept }: Walk,
  bytes: KeptBytes,
): KeptContent {
  const keep = (path: string, digest: Digest): boolean => {
    const content = kept.get(path);
    return content !== undefined && bytes.keep(digest, content);
  };
  if (receipt) keep(RECEIPT_FILE, receipt);
  return { files: files.map(file => ({ ...file, kept: keep(file.path, file.sha256) })), receipt, signers };
}
