import { statSync } from 'node:fs';
import path from 'node:path';

const READ_BY_OTHERS = 0o4;
const ENTER_BY_OTHERS = 0o1;

/**
 * Whether anybody at all can read a file, or enter a folder, by its path: after its rights are dropped, the process that arranges the
 * sandbox is nobody in particular.
 */
export function isOpenToAll(file: string): boolean {
  try {
    const stat = statSync(file);
    const needed = stat.isDirectory() ? READ_BY_OTHERS | ENTER_BY_OTHERS : READ_BY_OTHERS;
    return (stat.mode & needed) === needed && folderIsOpen(path.dirname(file));
  } catch {
    return false;
  }
}

function folderIsOpen(folder: string): boolean {
  if ((statSync(folder).mode & ENTER_BY_OTHERS) === 0) return false;
  const parent = path.dirname(folder);
  return parent === folder || folderIsOpen(parent);
}
