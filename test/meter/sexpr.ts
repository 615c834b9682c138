/** One item of a script in the text format: a word or a string as it stands in the source, or a list. */
export type Item = string | List;

export interface List {
  readonly items: readonly Item[];
  /** Where it stands in the source. */
  readonly from: number;
  readonly to: number;
}

const TOKEN = /;;[^\n]*|\(;|[()]|"(?:[^"\\]|\\.)*"|[^\s()";]+|\s+/gy;

/** The lists of a source, at its top level. */
export function readLists(source: string): List[] {
  const stack: { items: Item[]; from: number }[] = [{ items: [], from: 0 }];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const from = TOKEN.lastIndex;
    const token = TOKEN.exec(source)?.[0];
    if (token === undefined) throw new Error(`no token at ${from}: ${source.slice(from, from + 20)}`);
    if (token === '(;') TOKEN.lastIndex = endOfComment(source, from);
    else if (token === '(') stack.push({ items: [], from });
    else if (token === ')') {
      const { items, from: start } = stack.pop()!;
      stack.at(-1)!.items.push({ items, from: start, to: TOKEN.lastIndex });
    } else if (!token.startsWith(';;') && token.trim() !== '') stack.at(-1)!.items.push(token);
  }
  return stack[0]!.items.filter((item): item is List => typeof item !== 'string');
}

/** Block comments nest. */
function endOfComment(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at += 1) {
    const two = source.slice(at, at + 2);
    if (two === '(;') depth += 1;
    else if (two === ';)') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  throw new Error('a comment without an end');
}
