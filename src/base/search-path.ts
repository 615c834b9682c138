import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** A search path without relative folders: a program that lies in the folder under test must not be the one that is run. */
export function absoluteFolders(searchPath = ''): string {
  return searchPath
    .split(path.delimiter)
    .filter(folder => path.isAbsolute(folder))
    .join(path.delimiter);
}

/** Whether there is a file that may be run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
