import { realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Diagnostic, diagnose, Failure } from '../base/diagnostic.ts';
import { compareUtf8 } from '../base/order.ts';
import { expandGlob, hasGlob } from './glob.ts';
import { missing, unreadable } from './paths.ts';
import { walkRoot } from './walk.ts';

/** What would let the name of a folder pass for a line of a report, or turn the text around it. */
const MISREAD = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

/**
 * Finds capsule folders. Each pattern is a folder, itself a capsule or a place to look below, or a glob when no path of that
 * name exists. Every pattern must lead to a capsule: nothing found is a failure, never an empty success.
 *
 * @returns the folders as a user would type them (relative to `cwd` where the pattern is), each real folder once, ordered by
 *   the UTF-8 bytes of the path.
 * @throws Failure with all problems at once: VNES1010 for a path that cannot be read, VNES2021 for one that reads as something
 *   else, VNES4001 to VNES4004 otherwise.
 */
export async function discoverCapsules(patterns: readonly string[], cwd: string): Promise<readonly string[]> {
  const shownByReal = new Map<string, string>();
  const problems: Diagnostic[] = patterns.length === 0 ? [nothing('no path was given')] : [];
  for (const pattern of patterns) {
    const before = problems.length;
    let found = 0;
    for (const root of await rootsOf(pattern, cwd, problems)) {
      const real = realpathSync.native(resolve(cwd, root));
      const walked = walkRoot(real, root);
      problems.push(...walked.problems);
      found += walked.capsules.length;
      for (const below of walked.capsules) {
        const shown = join(root, below);
        if (MISREAD.test(shown)) problems.push(misread(shown));
        else remember(shownByReal, join(real, below), shown);
      }
    }
    if (found === 0 && problems.length === before)
      problems.push(nothing(`no capsule found in ${JSON.stringify(pattern)}`, pattern));
  }
  const [first, ...more] = problems;
  if (first) throw new Failure(first, ...more);
  return sortedByBytes([...shownByReal.values()]);
}

/** The folders to look in for one pattern, as the user would type them. */
async function rootsOf(pattern: string, cwd: string, problems: Diagnostic[]): Promise<readonly string[]> {
  try {
    const status = pattern === '' ? undefined : statSync(resolve(cwd, pattern), { throwIfNoEntry: false });
    if (status?.isDirectory()) return [withoutTrailingSlash(pattern)];
    if (status) problems.push(notFolder(pattern));
    else if (!hasGlob(pattern)) problems.push(missing(pattern));
    else {
      const expanded = await expandGlob(pattern, cwd);
      problems.push(...expanded.problems);
      return expanded.folders;
    }
  } catch (error) {
    problems.push(unreadable(pattern, error));
  }
  return [];
}

function remember(shownByReal: Map<string, string>, real: string, shown: string): void {
  if (!shownByReal.has(real)) shownByReal.set(real, shown);
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path;
}

function sortedByBytes(paths: readonly string[]): readonly string[] {
  return paths.toSorted(compareUtf8);
}

function nothing(message: string, pattern?: string): Diagnostic {
  return diagnose('VNES4001', message, {
    place: { file: pattern },
    expected: 'a folder that holds manifest.json or receipt.stunir.json, at or below each path',
    found: 'none',
    help: 'name the folder of a capsule, or create one with vnes scaffold',
  });
}

function misread(shown: string): Diagnostic {
  return diagnose('VNES2021', 'the path of a capsule holds characters that are not shown as they are', {
    place: { file: shown },
    expected: 'a path without control characters and invisible ones',
    found: JSON.stringify(shown),
    help: 'rename the folder',
  });
}

function notFolder(pattern: string): Diagnostic {
  return diagnose('VNES4002', `${JSON.stringify(pattern)} is not a folder`, {
    place: { file: pattern },
    expected: 'the folder of a capsule, or one that holds capsules',
    found: 'a file',
    help: 'name the folder, not a file in it',
  });
}
