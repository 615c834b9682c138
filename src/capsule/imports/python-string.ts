/** A source that no Python reads: strings nested deeper than any interpreter takes (CPython takes 150). */
export class TooDeep extends Error {}

const MAX_NESTING = 150;
const PREFIX = /^(?:[bfrtu]|[bft]r|r[bft])$/i;

/** Whether this name, right before a quote, is the prefix of a string (Python language reference, section 2.4.1). */
export function isStringPrefix(name: string): boolean {
  return PREFIX.test(name);
}

/** Whether the fields in braces of a string with this prefix are code. */
export function hasFields(prefix: string): boolean {
  return /[ft]/i.test(prefix);
}

/**
 * The offset behind the string whose opening quote is at `at`. `fields`: what stands in braces is code, with strings of its
 * own, which since Python 3.12 may use the quote of the string round them. A string that is never closed ends with its line.
 * @throws TooDeep
 */
export function skipString(text: string, at: number, fields: boolean, depth = 0): number {
  if (depth > MAX_NESTING) throw new TooDeep();
  const quote = text[at]!;
  const close = text.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote;
  let index = at + close.length;
  while (index < text.length) {
    const char = text[index]!;
    if (text.startsWith(close, index)) return index + close.length;
    if (close.length === 1 && (char === '\n' || char === '\r')) return index;
    if (char === '\\') index += text.startsWith('\r\n', index + 1) ? 3 : 2;
    else if (fields && char === '{') {
      index = text[index + 1] === '{' ? index + 2 : skipField(text, index + 1, depth + 1);
    } else index += 1;
  }
  return text.length;
}

/** The offset behind the closing brace of a replacement field that begins at `at`. */
function skipField(text: string, at: number, depth: number): number {
  if (depth > MAX_NESTING) throw new TooDeep();
  let open = 0;
  let name = '';
  let index = at;
  while (index < text.length) {
    const char = text[index]!;
    if (char === '"' || char === "'") {
      index = skipString(text, index, isStringPrefix(name) && hasFields(name), depth + 1);
      name = '';
      continue;
    }
    name = /\w/.test(char) ? name + char : '';
    if (open === 0 && char === '}') return index + 1;
    if (open === 0 && char === ':') return skipFormat(text, index + 1, depth);
    if ('([{'.includes(char)) open += 1;
    if (')]}'.includes(char)) open -= 1;
    index += 1;
  }
  return text.length;
}

/** A format such as `>{width}.2f`: quotes in it are plain characters. */
function skipFormat(text: string, at: number, depth: number): number {
  let index = at;
  while (index < text.length) {
    if (text[index] === '}') return index + 1;
    index = text[index] === '{' ? skipField(text, index + 1, depth + 1) : index + 1;
  }
  return text.length;
}
