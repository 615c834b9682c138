import type { TreeFile } from '../../capsule/tree.ts';
import type { Entry } from './scan.ts';

/** What is wrong with what lies at a listed path: nothing, its mode alone, or all of it. */
export function stateOf(file: TreeFile, entry: Entry | undefined): 'good' | 'mode' | 'other' {
  const same = entry?.kind === 'file' && entry.sha256 === file.sha256 && entry.links === 1;
  if (!same) return 'other';
  const executable = (entry.mode & 0o100) !== 0;
  return executable === (file.mode === '100755') && (entry.mode & 0o6000) === 0 ? 'good' : 'mode';
}
