import type { Place } from './diagnostic.ts';
import { pointerParts } from './pointer.ts';

/** Line and column (from 1) of an offset, and the line itself with a caret below. */
export function position(text: string, offset: number): Required<Pick<Place, 'line' | 'column' | 'frame'>> {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  const column = offset - (before.lastIndexOf('\n') + 1) + 1;
  const source = (text.split('\n')[line - 1] ?? '').replace(/[\r\t]/g, ' ');
  const from = Math.max(0, column - 60);
  const shown = source.slice(from, from + 100);
  return {
    line,
    column,
    frame: `${line} | ${shown}\n${' '.repeat(String(line).length)} | ${' '.repeat(column - 1 - from)}^`,
  };
}

/** Where the value that `pointer` names begins in `text`; for diagnostics about a document that has already parsed. */
export function locate(text: string, pointer: string): Required<Pick<Place, 'line' | 'column' | 'frame'>> {
  return position(text, offsetOf(text, pointer));
}

/** Offset of the value at `pointer`, or of its nearest ancestor that exists. */
function offsetOf(text: string, pointer: string): number {
  const wanted = pointerParts(pointer);
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
  let best = text.search(/\S/);
  let depthFound = 0;
  const path: (string | number)[] = [];
  const kinds: ('{' | '[')[] = [];
  let key: string | undefined;
  let expectsKey = false;
  for (const match of text.matchAll(token)) {
    const [word] = match;
    if (word === '}' || word === ']') {
      kinds.pop();
      path.pop();
      continue;
    }
    if (word === ',') {
      if (kinds.at(-1) === '[') path[path.length - 1] = (path.at(-1) as number) + 1;
      else expectsKey = true;
      continue;
    }
    if (word === ':') {
      expectsKey = false;
      path[path.length - 1] = key ?? '';
      continue;
    }
    if (expectsKey) {
      key = JSON.parse(word) as string;
      continue;
    }
    const matched = commonLength(path, wanted);
    if (matched === path.length && matched > depthFound) {
      best = match.index;
      depthFound = matched;
      if (matched === wanted.length) return best;
    }
    if (word === '{' || word === '[') {
      kinds.push(word);
      path.push(word === '[' ? 0 : '');
      expectsKey = word === '{';
    }
  }
  return Math.max(0, best);
}

function commonLength(path: readonly (string | number)[], wanted: readonly string[]): number {
  let length = 0;
  while (length < path.length && length < wanted.length && String(path[length]) === wanted[length])
    length += 1;
  return length;
}
