/** What no POSIX shell gives a meaning to, wherever it stands. */
const BARE = /^[A-Za-z0-9_./:@%+,=-]+$/;
/** What must not reach a terminal as it is, or what a reader would not see. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A word as a POSIX shell reads it back: bare where it may be, otherwise quoted. Control and invisible characters come as octal. */
export function shellWord(text: string): string {
  if (BARE.test(text)) return text;
  if (!UNSEEN.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  // Command substitution drops line ends at its end; a literal one is quoted like every other character.
  const [, start = '', ends = ''] = /^([\s\S]*?)(\n*)$/.exec(text)!;
  return `"$(printf '${octal(start)}')"${ends === '' ? '' : `'${ends}'`}`;
}

function octal(text: string): string {
  const plain = (byte: number) => /[A-Za-z0-9 _./-]/.test(String.fromCharCode(byte));
  return [...Buffer.from(text, 'utf8')]
    .map(byte => (plain(byte) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`))
    .join('');
}

/**
 * A command line to type: its words, then paths, which no program may take for options. A word that has a space in front of its
 * value, such as `['--key', name]`, is two words.
 */
export function commandLine(words: readonly string[], paths: readonly string[] = []): string {
  const end = paths.some(path => path.startsWith('-')) ? ['--'] : [];
  return [...words, ...end, ...paths].map(shellWord).join(' ');
}
