import { hasFields, isStringPrefix, skipString } from './python-string.ts';

/** A module that a Python source imports, by its full name, and the line that says so. */
export interface PythonImport {
  readonly name: string;
  /** Counts from 1. */
  readonly line: number;
}

interface Token {
  /** A name, one character of anything else, or a line feed. */
  readonly text: string;
  readonly line: number;
}

const SPACE = /[ \t\f]+|\\(?:\r\n|\r|\n)|#[^\r\n]*/y;
const LINE_END = /\r\n|\r|\n/y;
const NAME = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
/** Numbers count as one, so that the letters in them are no names. */
const NUMBER = /\d[\d_a-zA-Z.]*/y;
const LINE_ENDS = /\r\n|\r|\n/g;

/**
 * What the import statements of a Python source name, in their order: `a.b` for `import a.b`, and both `a` and `a.b` for
 * `from a import b`. Relative imports stay within the capsule and are left out. Words in strings and comments are not
 * statements (Python language reference, sections 2 and 7.11). @throws TooDeep
 */
export function pythonImports(source: string): PythonImport[] {
  const tokens = tokensOf(source);
  const found: PythonImport[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const { text, line } = tokens[at]!;
    if (text === 'import') found.push(...modules(tokens, at + 1).map(name => ({ name, line })));
    if (text !== 'from') continue;
    const module = dotted(tokens, at + 1);
    if (tokens[module.end]?.text !== 'import') continue;
    if (!module.name.startsWith('.')) {
      const names = [module.name, ...members(tokens, module.end + 1).map(name => `${module.name}.${name}`)];
      found.push(...names.map(name => ({ name, line })));
    }
    at = module.end;
  }
  return found;
}

/** `a.b as c, d` */
function modules(tokens: readonly Token[], start: number): string[] {
  const names: string[] = [];
  for (let at = start; ; at += 1) {
    const { name, end } = dotted(tokens, at);
    if (name !== '') names.push(name);
    at = tokens[end]?.text === 'as' ? end + 2 : end;
    if (tokens[at]?.text !== ',') return names;
  }
}

/** `b as c, d`, or the same in parentheses, which may stretch over lines. */
function members(tokens: readonly Token[], start: number): string[] {
  const closed = tokens[start]?.text === '(';
  const names: string[] = [];
  for (let at = closed ? start + 1 : start; at < tokens.length; at += 1) {
    const { text } = tokens[at]!;
    if (closed ? text === ')' : text === '\n' || text === ';') break;
    if (text === 'as') at += 1;
    else if (isName(text)) names.push(text);
  }
  return names;
}

/** A name with dots, also leading ones, and the index of the token behind it. */
function dotted(tokens: readonly Token[], start: number): { readonly name: string; readonly end: number } {
  let name = '';
  let end = start;
  for (; end < tokens.length; end += 1) {
    const { text } = tokens[end]!;
    const fits = text === '.' || (isName(text) && text !== 'import' && (name === '' || name.endsWith('.')));
    if (!fits) break;
    name += text;
  }
  return { name, end };
}

function isName(text: string): boolean {
  return /^[\p{ID_Start}_]/u.test(text);
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = source.startsWith('\uFEFF') ? 1 : 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    at += text?.length ?? 0;
    return text;
  };
  while (at < source.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      if (space.startsWith('\\')) line += 1;
      continue;
    }
    if (take(LINE_END) !== undefined) {
      tokens.push({ text: '\n', line });
      line += 1;
      continue;
    }
    const name = take(NAME);
    const quoted = source[at] === '"' || source[at] === "'";
    if (quoted && (name === undefined || isStringPrefix(name))) {
      const end = skipString(source, at, name !== undefined && hasFields(name));
      tokens.push({ text: '"', line });
      line += source.slice(at, end).match(LINE_ENDS)?.length ?? 0;
      at = end;
    } else if (name !== undefined) {
      // Python compares names in this form, so `ｒandom` imports random.
      tokens.push({ text: name.normalize('NFKC'), line });
    } else if (take(NUMBER) !== undefined) {
      tokens.push({ text: '0', line });
    } else {
      tokens.push({ text: source[at]!, line });
      at += 1;
    }
  }
  return tokens;
}
