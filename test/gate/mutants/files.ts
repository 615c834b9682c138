import { type Entry, file, having, pathOf, RECEIPT, type Subject } from './capsule.ts';
import { CHANGES, type Change, type Mutation, type Operator } from './operator.ts';
import type { Random } from './random.ts';

type File = Extract<Entry, { kind: 'file' }>;

/** A file of the capsule that is not its receipt. */
function anyFile({ entries }: Subject, random: Random): readonly [string, File] {
  const files = [...entries].filter(
    (each): each is [string, File] => each[0] !== RECEIPT && each[1].kind === 'file',
  );
  return random.pick(files);
}

/** What a checkout on Windows does to text. */
function windowsLines(bytes: Buffer): Buffer | undefined {
  const text = bytes.toString('latin1');
  return text.includes('\n') ? Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1') : undefined;
}

const FILE_CHANGES: Readonly<Record<string, Change>> = { ...CHANGES, 'line ends of Windows': windowsLines };

const CONTENT: readonly Operator[] = Object.entries(FILE_CHANGES).map(([what, change]) => ({
  name: `file: ${what}`,
  apply: (subject, { random }) => {
    const [name, entry] = anyFile(subject, random);
    const bytes = change(entry.bytes, random);
    return bytes && having(subject, { [name]: { ...entry, bytes } });
  },
}));

/** Names for a copy that stands beside the file; the first is plainly another name. */
const NAMES: Readonly<Record<string, (name: string) => string>> = {
  'another name': name => `${name}2`,
  'upper case': name => upper(name),
  'a dot at the end': name => `${name}.`,
  'a space at the end': name => `${name} `,
  'a byte that is not UTF-8': name => `${name}\xff`,
  'an overlong slash': name => `${name}\xc0\xafx`,
  'a backslash': name => `${name}\\x`,
  'a colon': name => `${name}:stream`,
  'a line feed': name => `${name}\n`,
  'an escape sequence': name => `${name}\x1b[2K`,
  'a direction override': name => `${name}${pathOf('\u202e')}`,
  'an invisible character': name => `${name}${pathOf('\u200b')}`,
  'the decomposed form': name => pathOf(Buffer.from(name, 'latin1').toString('utf8').normalize('NFD')),
  'a device of Windows': name => `${folderOf(name)}con.txt`,
  'a dot in front': name => `${folderOf(name)}.${baseOf(name)}`,
  'a folder deeper': name => `${folderOf(name)}deeper/${baseOf(name)}`,
};

const RENAMED: readonly Operator[] = Object.entries(NAMES).flatMap(([what, rename]) => [
  {
    name: `name: renamed to ${what}`,
    apply: (subject: Subject, { random }: Mutation) => {
      const [name, entry] = anyFile(subject, random);
      const other = rename(name);
      return other === name ? undefined : having(subject, { [name]: undefined, [other]: entry });
    },
  },
  {
    name: `name: a copy under ${what}`,
    apply: (subject: Subject, { random }: Mutation) => {
      const [name, entry] = anyFile(subject, random);
      const other = rename(name);
      return subject.entries.has(other) ? undefined : having(subject, { [other]: entry });
    },
  },
]);

/** What may come to lie where a file was. */
const KINDS: Readonly<Record<string, (entry: File, name: string, subject: Subject) => Entry>> = {
  'a hard link to the same content': ({ bytes, mode }) => ({ kind: 'hard link', bytes, mode }),
  'a link to a sibling': (_, name, { entries }) => ({
    kind: 'link',
    target: Buffer.from(baseOf([...entries.keys()].find(other => other !== name)!), 'latin1').toString(),
  }),
  'a link out of the capsule': () => ({ kind: 'link', target: '../trust.json' }),
  'a link to nothing': () => ({ kind: 'link', target: 'nowhere' }),
  'a link to itself': (_, name) => ({ kind: 'link', target: Buffer.from(baseOf(name), 'latin1').toString() }),
  'a FIFO': () => ({ kind: 'fifo' }),
  'an empty folder': () => ({ kind: 'folder' }),
};

const REPLACED: readonly Operator[] = Object.entries(KINDS).flatMap(([what, make]) => [
  {
    name: `kind: a file becomes ${what}`,
    apply: (subject: Subject, { random }: Mutation) => {
      const [name, entry] = anyFile(subject, random);
      return having(subject, { [name]: make(entry, name, subject) });
    },
  },
  {
    name: `kind: the receipt becomes ${what}`,
    apply: (subject: Subject) => {
      const entry = subject.entries.get(RECEIPT);
      if (entry?.kind !== 'file') return undefined;
      return having(subject, { [RECEIPT]: make(entry, RECEIPT, subject) });
    },
  },
]);

const MODES: readonly Operator[] = [
  ['executable or not', 0o100],
  ['setuid', 0o4000],
  ['setgid', 0o2000],
].map(([what, bit]) => ({
  name: `mode: ${what}`,
  apply: (subject, { random }) => {
    const [name, entry] = anyFile(subject, random);
    return having(subject, { [name]: { ...entry, mode: entry.mode ^ (bit as number) } });
  },
}));

const WHOLE: readonly Operator[] = [
  {
    name: 'tree: a file is removed',
    apply: (subject, { random }) => having(subject, { [anyFile(subject, random)[0]]: undefined }),
  },
  {
    name: 'tree: a folder is removed',
    apply: (subject, { random }) => {
      const folder = random.pick(['impl/', 'spec/', 'impl/src/']);
      const gone = [...subject.entries.keys()].filter(name => name.startsWith(folder));
      return gone.length > 0
        ? having(subject, Object.fromEntries(gone.map(name => [name, undefined])))
        : undefined;
    },
  },
  {
    name: 'tree: the receipt is removed',
    apply: subject => having(subject, { [RECEIPT]: undefined }),
  },
  {
    name: 'tree: a file is added',
    apply: (subject, { random }) => {
      const folder = random.pick([
        '',
        'impl/',
        'impl/src/',
        'spec/',
        'impl/node_modules/',
        'impl/.git/',
        'other/',
      ]);
      return having(subject, {
        [`${folder}${random.bytes(3).toString('hex')}`]: file(random.bytes(random.below(9))),
      });
    },
  },
  {
    name: 'tree: a second receipt is added below',
    apply: (subject, { random }) => {
      const receipt = subject.entries.get(RECEIPT);
      return receipt && having(subject, { [`${random.pick(['impl', 'spec', 'x'])}/${RECEIPT}`]: receipt });
    },
  },
  {
    name: 'tree: a link is added',
    apply: (subject, { random }) =>
      having(subject, {
        added: { kind: 'link', target: random.pick(['README.md', '/etc', '..', 'nowhere']) },
      }),
  },
  {
    name: 'tree: two files trade places',
    apply: (subject, { random }) => {
      const [one, two] = [anyFile(subject, random), anyFile(subject, random)];
      return having(subject, { [one[0]]: two[1], [two[0]]: one[1] });
    },
  },
  {
    name: 'tree: a file of another capsule',
    apply: (subject, { random, originals }) => {
      const [name, entry] = anyFile(random.pick(originals.subjects), random);
      return having(subject, { [name]: entry });
    },
  },
  {
    name: 'tree: all files of another capsule, under this receipt',
    apply: (subject, { random, originals }) => {
      const { trust } = subject;
      const receipt = subject.entries.get(RECEIPT);
      return receipt && having({ ...random.pick(originals.subjects), trust }, { [RECEIPT]: receipt });
    },
  },
];

export const FILE_OPERATORS: readonly Operator[] = [...CONTENT, ...RENAMED, ...REPLACED, ...MODES, ...WHOLE];

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** ASCII only: bytes above are parts of UTF-8 sequences. */
function upper(name: string): string {
  return name.replace(/[a-z]/g, letter => letter.toUpperCase());
}
