import { isUtf8 } from 'node:buffer';

/** A path of bytes as people read it: in UTF-8 where it is. */
export function shownPath(path: string): string {
  const bytes = Buffer.from(path, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : path;
}

/** How a folder of the repository is called in diagnostics. */
export function shownFolder(path: string): string {
  return path === '' ? '.' : shownPath(path);
}

/** A path that somebody typed, as bytes. */
export function bytePath(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
