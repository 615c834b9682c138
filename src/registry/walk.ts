import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { LIMITS } from '../base/limits.ts';
import { linkProblem } from '../capsule/link-problem.ts';
import { MANIFEST_FILE, RECEIPT_FILE } from '../capsule/tree.ts';
import { unreadable } from './paths.ts';

/** What one root held: capsule folders relative to it (`''` is the root itself), and what could not be looked at. */
export interface Walked {
  readonly capsules: string[];
  readonly problems: Diagnostic[];
}

/** Names that discovery never enters; it also leaves out every name that begins with a dot. */
const SKIPPED = new Set(['node_modules']);

/**
 * Whether a folder is a capsule: it holds a manifest or a receipt, of whatever file type. A receipt alone counts, so that
 * deleting the manifest cannot make a capsule invisible to `verify`.
 */
export function isCapsuleFolder(folder: string): boolean {
  return [MANIFEST_FILE, RECEIPT_FILE].some(name =>
    lstatSync(`${folder}/${name}`, { throwIfNoEntry: false }),
  );
}

/**
 * Finds the capsules below `root`, an absolute path of a folder. Does not enter a capsule, `node_modules` or dot folders, and
 * does not follow symbolic links: a link to a folder is a problem, since nobody can say on which side of it a capsule lies.
 *
 * Synchronous on purpose: it is on the hot path of `verify`, where fs/promises takes seven times as long.
 */
export function walkRoot(root: string, shownAs: string): Walked {
  const walked: Walked = { capsules: [], problems: [] };
  visit(root, shownAs, '', 0, walked);
  return walked;
}

function visit(root: string, shownAs: string, below: string, depth: number, walked: Walked): void {
  try {
    const folder = below === '' ? root : `${root}/${below}`;
    if (isCapsuleFolder(folder)) {
      walked.capsules.push(below);
      return;
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue;
      const child = below === '' ? entry.name : `${below}/${entry.name}`;
      if (leadsToFolder(entry, `${root}/${child}`)) walked.problems.push(linkProblem(join(shownAs, child)));
      else if (!entry.isDirectory()) continue;
      else if (depth === LIMITS.discoveryDepth) walked.problems.push(depthProblem(join(shownAs, child)));
      else visit(root, shownAs, child, depth + 1, walked);
    }
  } catch (error) {
    walked.problems.push(unreadable(join(shownAs, below), error));
  }
}

/** Whether an entry is a symbolic link to a folder, or to something that cannot be told. */
export function leadsToFolder(entry: Pick<Dirent, 'isSymbolicLink'>, path: string): boolean {
  if (!entry.isSymbolicLink()) return false;
  try {
    return statSync(path).isDirectory();
  } catch {
    return true;
  }
}

function depthProblem(shown: string): Diagnostic {
  return diagnose('VNES4004', 'folders are nested too deeply to look for capsules', {
    place: { file: shown },
    expected: `at most ${LIMITS.discoveryDepth} levels below the path that was named`,
    found: `a folder at level ${LIMITS.discoveryDepth + 1}`,
    help: 'name a folder nearer to the capsules',
  });
}
