import { type Diagnostic, diagnose } from '../base/diagnostic.ts';
import { compareUtf8 } from '../base/order.ts';
import { commandLine } from '../base/shell.ts';
import type { TreeFile } from '../capsule/tree.ts';

/** Differences that are told one by one; the rest is counted. */
const TOLD = 20;

/**
 * Compares the files that a receipt lists with those on disk: they must be the same, one for one. Every added, removed and changed
 * file is named. `folder` names the capsule in diagnostics.
 */
export function compareFiles(
  listed: readonly TreeFile[],
  found: readonly TreeFile[],
  folder: string,
): Diagnostic[] {
  if (areSame(listed, found)) return [];
  const wanted = new Map(listed.map(file => [file.path, file]));
  const present = new Map(found.map(file => [file.path, file]));
  const differences = [
    ...twice(listed, folder),
    ...found.flatMap(file => {
      const expected = wanted.get(file.path);
      return expected ? changes(expected, file, folder) : [added(file, folder)];
    }),
    ...listed.filter(file => !present.has(file.path)).map(file => removed(file, folder)),
  ];
  if (differences.length <= TOLD) return differences;
  const rest = differences.length - TOLD;
  return [
    ...differences.slice(0, TOLD),
    diagnose('VNES2004', `${rest} more files differ`, { place: { file: folder } }),
  ];
}

const FIELDS = ['sha256', 'size', 'mode'] as const;

/** The usual case: the same files, each once, in one order. */
function areSame(listed: readonly TreeFile[], found: readonly TreeFile[]): boolean {
  return (
    listed.length === found.length &&
    listed.every((file, at) => {
      const other = found[at]!;
      const isNext = at === 0 || compareUtf8(listed[at - 1]!.path, file.path) < 0;
      return isNext && file.path === other.path && FIELDS.every(field => file[field] === other[field]);
    })
  );
}

function twice(listed: readonly TreeFile[], folder: string): Diagnostic[] {
  const paths = listed.map(file => file.path);
  return paths
    .filter((path, index) => paths.indexOf(path, index + 1) >= 0)
    .map(path =>
      diagnose('VNES2002', 'the receipt lists a file twice', { place: { file: folder }, found: path }),
    );
}

function changes(expected: TreeFile, file: TreeFile, folder: string): Diagnostic[] {
  const fields = FIELDS.filter(field => expected[field] !== file[field]);
  const [field] = fields;
  if (field === undefined) return [];
  return [
    diagnose('VNES2004', `${file.path} is not what was signed`, {
      place: { file: `${folder}/${file.path}` },
      expected: shown(field, expected),
      found: shown(field, file),
      help: `restore the file, or if the change is meant: ${again(folder)}`,
    }),
  ];
}

function added(file: TreeFile, folder: string): Diagnostic {
  return diagnose('VNES2005', `${file.path} is not among the signed files`, {
    place: { file: `${folder}/${file.path}` },
    expected: 'only files that the receipt lists',
    found: `an added file of ${file.size} bytes`,
    help: `remove the file, or if it belongs there: ${again(folder)}`,
  });
}

function removed(file: TreeFile, folder: string): Diagnostic {
  return diagnose('VNES2006', `${file.path} was signed and is gone`, {
    place: { file: `${folder}/${file.path}` },
    expected: `a file with ${file.sha256}`,
    found: 'no such file',
    help: `restore the file, or if it is meant to go: ${again(folder)}`,
  });
}

/** A digest says itself what it is. */
function shown(field: 'sha256' | 'size' | 'mode', file: TreeFile): string {
  return field === 'sha256' ? file.sha256 : `${field} ${file[field]}`;
}

function again(folder: string): string {
  return `${commandLine(['vnes', 'build'], [folder])} && ${commandLine(['vnes', 'sign'], [folder])}`;
}
