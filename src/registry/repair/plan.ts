import path from 'node:path';
import { Failure } from '../../base/diagnostic.ts';
import { type Digest, sha256 } from '../../base/digest.ts';
import { LIMITS } from '../../base/limits.ts';
import { Inventory, type Walk } from '../../capsule/inventory.ts';
import { parseReceipt, type Receipt } from '../../capsule/receipt.ts';
import { RECEIPT_FILE, type TreeFile } from '../../capsule/tree.ts';
import type { Outlook } from '../../trust/remedy/model.ts';
import type { TrustStore } from '../../trust/store.ts';
import { examineWalk } from '../../trust/verify.ts';
import { bytePath } from '../git/bytes.ts';
import type { Action } from './action.ts';
import { removals } from './removals.ts';
import type { Scan } from './scan.ts';
import type { Sources } from './sources.ts';
import { stateOf } from './state.ts';
import { targetWalk } from './target.ts';

/** What it takes to make a folder what one receipt lists. */
export interface Candidate {
  /** Of the folder as it would be then. */
  readonly walk: Walk;
  readonly actions: readonly Action[];
  /** Listed files whose content was found nowhere. */
  readonly unknown: readonly TreeFile[];
}

/** How a capsule's folder can be made what it was when it was signed, by the receipts that were found. */
export class Plan {
  readonly folder: string;
  readonly shownAs: string;
  readonly scan: Scan;
  readonly candidates: readonly Candidate[];

  constructor(folder: string, shownAs: string, scan: Scan, candidates: readonly Candidate[]) {
    this.folder = folder;
    this.shownAs = shownAs;
    this.scan = scan;
    this.candidates = candidates;
  }

  /** The first whose receipt is signed as this trust asks for, and whose capsule would be admitted. */
  chosen(trust: TrustStore): Candidate | undefined {
    return this.candidates.find(each => each.unknown.length === 0 && this.admits(each, trust));
  }

  outlook(trust: TrustStore): Outlook {
    const chosen = this.chosen(trust);
    return { admits: chosen !== undefined, actions: chosen?.actions.length ?? 0 };
  }

  /** Listed files whose content is missing where nothing else is; empty when that is not the reason. */
  unknown(trust: TrustStore): readonly TreeFile[] {
    return this.candidates.find(each => this.admits(each, trust))?.unknown ?? [];
  }

  /** Checks the signatures of what may not be whole: a content that is not needed for them need not be here. */
  private admits({ walk }: Candidate, trust: TrustStore): boolean {
    return examineWalk(walk, this.shownAs, trust).verdict.admitted;
  }
}

/** Plans what would bring back what was signed. `folder` is absolute and real; `shownAs` names it in diagnostics. */
export async function planRepair(
  folder: string,
  shownAs: string,
  scan: Scan,
  sources: Sources,
): Promise<Plan> {
  const candidates: Candidate[] = [];
  for (const found of await receipts(folder, scan, sources)) {
    const receipt = parsed(found.bytes);
    if (!receipt) continue;
    const candidate = await candidateFor(receipt, found, { folder, shownAs, scan, sources });
    // A receipt from git has to be true of what lies here: it must not bring back other files with it.
    const alone = candidate.actions.every(({ path: at }) => at === RECEIPT_FILE);
    if (found.where === undefined || alone) candidates.push(candidate);
  }
  return new Plan(folder, shownAs, scan, candidates);
}

interface FoundReceipt {
  readonly bytes: Uint8Array;
  /** As a file of the capsule. */
  readonly file: TreeFile;
  /** Where git holds it; undefined for the one that lies there. */
  readonly where?: string;
}

/** The receipt that lies there, and those that git holds. */
async function receipts(folder: string, scan: Scan, sources: Sources): Promise<readonly FoundReceipt[]> {
  const entry = scan.get(RECEIPT_FILE);
  const mode = ((entry?.mode ?? 0) & 0o100) !== 0 ? '100755' : '100644';
  const here = entry?.kind === 'file' && entry.sha256 !== undefined ? entry.sha256 : undefined;
  const file = (digest: Digest, size: number): TreeFile => ({
    path: RECEIPT_FILE,
    mode,
    size,
    sha256: digest,
  });
  const own = here && (await sources.find(file(here, entry!.size), folder, scan));
  const stored = (await sources.git?.read(path.join(folder, RECEIPT_FILE))) ?? [];
  return [
    ...(own ? [{ bytes: own.bytes, file: file(here, own.bytes.length) }] : []),
    ...stored
      .map(({ where, bytes }) => ({ where, bytes, file: file(sha256(bytes), bytes.length) }))
      .filter(each => each.file.sha256 !== here),
  ].filter(({ bytes }) => bytes.length <= LIMITS.documentBytes);
}

function parsed(bytes: Uint8Array): Receipt | undefined {
  try {
    return parseReceipt(bytes, RECEIPT_FILE);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

interface Here {
  readonly folder: string;
  readonly shownAs: string;
  readonly scan: Scan;
  readonly sources: Sources;
}

async function candidateFor(
  receipt: Receipt,
  { bytes, file: own, where = 'the file itself' }: FoundReceipt,
  { folder, shownAs, scan, sources }: Here,
): Promise<Candidate> {
  const { files } = receipt.statement.predicate;
  // Names are judged before anything is looked for under them.
  const named = targetWalk(receipt, bytes, () => undefined, shownAs);
  if (named.problems.length > 0) return { walk: named, actions: [], unknown: [] };
  const wanted = wantedBytes();
  const known = new Map<Digest, Uint8Array>();
  const unknown: TreeFile[] = [];
  let room: number = LIMITS.restoredBytes;
  const additions: Action[] = [];
  for (const file of [...files, own]) {
    const at = bytePath(file.path);
    const entry = scan.get(at);
    const state = stateOf(file, entry);
    if (state === 'mode') additions.push({ kind: 'mode', path: at, file, entry: entry! });
    if (state !== 'other' && !wanted(file)) continue;
    if (room < file.size) {
      unknown.push(file);
      continue;
    }
    const found = file === own ? { where, bytes } : await sources.find(file, folder, scan);
    room -= found ? file.size : 0;
    if (!found) unknown.push(file);
    else if (wanted(file)) known.set(file.sha256, found.bytes);
    if (found && state === 'other') additions.push({ kind: 'write', path: at, file, found });
  }
  const walk = targetWalk(receipt, bytes, ({ sha256: digest }) => known.get(digest), shownAs);
  // What only its owner may change comes first: nothing has been moved when that is refused.
  const modes = additions.filter(({ kind }) => kind === 'mode');
  const writes = additions.filter(({ kind }) => kind !== 'mode');
  return { walk, unknown, actions: [...modes, ...removals([...files, own], scan), ...writes] };
}

/** Which contents the verdict depends on: documents and code. */
function wantedBytes(): (file: TreeFile) => boolean {
  const inventory = new Inventory('');
  return ({ path: at, size }) => size <= inventory.keepLimit(at);
}
