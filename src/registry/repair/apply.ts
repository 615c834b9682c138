import { accessSync, constants, rmdirSync } from 'node:fs';
import path from 'node:path';
import { Failure, fail } from '../../base/diagnostic.ts';
import { sha256 } from '../../base/digest.ts';
import type { Ports } from '../../base/ports.ts';
import { errorCode } from '../../base/system-error.ts';
import { shownPath } from '../git/bytes.ts';
import type { Action } from './action.ts';
import { RemovedStore, removedStore, writeSynced } from './aside.ts';
import { OpenFolder, within } from './folder.ts';
import { placeFile, setExecutable, unlinkIfThere } from './place.ts';
import type { Candidate, Plan } from './plan.ts';
import { Beyond, sameScan, scanFolder } from './scan.ts';

/** One thing that was done, or that would be. */
export interface Done {
  readonly did: 'moved aside' | 'brought back' | 'changed the mode' | 'removed an empty folder';
  /** In the capsule. */
  readonly path: string;
  /** Where the content came from, which mode it has now, or where the bytes are kept. */
  readonly detail?: string;
}

/** What somebody else did meanwhile shows as one of these. */
const CHANGED: ReadonlySet<unknown> = new Set([
  'EEXIST',
  'ENOENT',
  'ENOTEMPTY',
  'ENOTDIR',
  'ELOOP',
  'ESTALE',
]);

/** A folder that is not there yet, or something else that leaves before it is made. */
const MADE_LATER: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);
const NOTHING: ReadonlySet<unknown> = new Set();

/**
 * Does what a plan says to the capsule's folder, and tells of each thing as it is done. Everything new lies whole on the disk before
 * anything is taken away.
 * @throws Failure VNES2081 when somebody else changes the folder meanwhile, VNES1012 when it cannot be written.
 */
export function applyPlan(
  plan: Plan,
  { actions }: Candidate,
  ports: Ports,
  told: (done: Done) => void,
): void {
  coded(plan, plan.folder, () => {
    if (!sameScan(plan.scan, scanFolder(plan.folder))) changed(plan, 'other files than before');
  });
  const store = coded(plan, removedStore(ports.env.cwd), () => new RemovedStore(ports), NOTHING);
  const work = new Work(plan, store, told);
  try {
    work.run(actions);
  } finally {
    work.close();
  }
}

/** What each action would do, for those who only ask. */
export function describeActions({ actions }: Candidate): readonly Done[] {
  return actions.map(described);
}

/** What an action did, when it went well. */
function described(action: Action): Done {
  const shown = shownPath(action.path);
  switch (action.kind) {
    case 'remove':
      return { did: 'moved aside', path: shown };
    case 'remove folder':
      return { did: 'removed an empty folder', path: shown };
    case 'write':
      return { did: 'brought back', path: shown, detail: `from ${action.found.where}` };
    case 'mode':
      return { did: 'changed the mode', path: shown, detail: `to ${action.file.mode}` };
  }
}

type Write = Extract<Action, { kind: 'write' }>;

class Work {
  private readonly plan: Plan;
  private readonly store: RemovedStore;
  private readonly told: (done: Done) => void;
  private readonly root: OpenFolder;
  private readonly staged = new Map<Write, string>();

  constructor(plan: Plan, store: RemovedStore, told: (done: Done) => void) {
    this.plan = plan;
    this.store = store;
    this.told = told;
    this.root = coded(plan, plan.folder, () => OpenFolder.open(plan.folder));
  }

  close(): void {
    for (const name of this.staged.values()) unlinkIfThere(this.store.folder.at(name));
    this.root.close();
    this.store.close();
  }

  run(actions: readonly Action[]): void {
    for (const action of actions) if (action.kind === 'write') this.attempt(action, () => this.stage(action));
    for (const action of actions) this.attempt(action, () => this.refuseClosed(action));
    for (const action of actions) this.attempt(action, () => this.told(this.one(action)));
  }

  private attempt(action: Action, run: () => void): void {
    coded(this.plan, path.join(this.plan.shownAs, shownPath(action.path)), run);
  }

  /** A folder that may not be written to is found before anything is done in another. */
  private refuseClosed({ kind, path: where }: Action): void {
    if (kind === 'mode') return;
    try {
      within(this.root, where, folder => accessSync(folder.at(), constants.W_OK));
    } catch (error) {
      if (kind !== 'write' || !MADE_LATER.has(errorCode(error))) throw error;
    }
  }

  private stage(action: Write): void {
    const { bytes } = action.found;
    if (sha256(bytes) !== action.file.sha256) throw new Error('a source gave other bytes than it had');
    const executable = action.file.mode === '100755';
    const name = this.store.temporary();
    this.staged.set(action, name);
    writeSynced(this.store.folder.at(name), bytes, 0o666);
    setExecutable(this.store.folder.at(name), executable);
  }

  private one(action: Action): Done {
    const done = described(action);
    const at = <Value>(use: (folder: OpenFolder, name: string) => Value, make = false) =>
      within(this.root, action.path, use, make);
    switch (action.kind) {
      case 'remove':
        return { ...done, detail: `to ${at((folder, name) => this.take(action, folder, name))}` };
      case 'remove folder':
        at((folder, name) => rmdirSync(folder.at(name)));
        return done;
      case 'write':
        at((folder, name) => this.place(action, folder, name), true);
        return done;
      case 'mode':
        at((folder, name) => setExecutable(folder.at(name), action.file.mode === '100755'));
        return done;
    }
  }

  private take({ entry }: Extract<Action, { kind: 'remove' }>, folder: OpenFolder, name: string): string {
    const { kept, sha256: digest } = this.store.take(folder, name, entry, this.plan.folder);
    if (digest !== entry.sha256) changed(this.plan, `other bytes, which are kept: ${kept}`);
    return kept;
  }

  private place(action: Write, folder: OpenFolder, name: string): void {
    const staged = this.staged.get(action)!;
    placeFile(this.store.folder.at(staged), folder, name, `.${staged}`);
    this.staged.delete(action);
  }
}

/** System errors with their codes. */
function coded<Value>(
  plan: Plan,
  file: string,
  run: () => Value,
  signs: ReadonlySet<unknown> = CHANGED,
): Value {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = error instanceof Beyond ? 'EEXIST' : errorCode(error);
    if (code === undefined) throw error;
    if (signs.has(code)) return changed(plan, `${code} at ${file}`);
    return fail('VNES1012', 'the capsule cannot be brought back to what was signed', {
      place: { file },
      expected: 'a capsule and a folder .vnes/removed that may be written to',
      found: code,
      help: 'nothing is lost: put right what keeps vnes from writing, then call it again',
    });
  }
}

/** @throws Failure VNES2081 */
export function changed({ shownAs }: { readonly shownAs: string }, found: string): never {
  return fail('VNES2081', 'the capsule changed while it was being brought back', {
    place: { file: shownAs },
    expected: 'nobody else who writes to it',
    found,
    help: 'stop what writes to it, then try again; what was taken out is kept in .vnes/removed',
  });
}
