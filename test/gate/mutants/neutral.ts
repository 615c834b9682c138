import { file, having, RECEIPT, receiptOf } from './capsule.ts';
import type { Operator } from './operator.ts';
import { envelope, sign, withText } from './receipts.ts';

/**
 * Changes that leave everything that counts as it was: the files, the payload's bytes, the trusted key's signature over it, and who
 * is trusted for what. They are no mutants. A capsule changed so is refused, or has the very verdict that it had.
 */
export const NEUTRAL_OPERATORS: readonly Operator[] = [
  {
    name: 'the envelope indented',
    apply: subject =>
      withText(
        subject,
        JSON.stringify(JSON.parse(receiptOf(subject)), undefined, 2).replaceAll('\n', '\r\n\t'),
      ),
  },
  {
    name: 'members of the envelope in another order',
    apply: subject =>
      withText(
        subject,
        JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(receiptOf(subject))).reverse())),
      ),
  },
  {
    name: 'names and texts of the envelope with escapes',
    apply: subject =>
      withText(
        subject,
        receiptOf(subject)
          .replaceAll('payload', 'p\\u0061yload')
          .replaceAll('/', '\\/')
          .replace('"sig"', '"\\u0073ig"'),
      ),
  },
  envelope('no key ids', found => ({ ...found, signatures: found.signatures.map(({ sig }) => ({ sig })) })),
  envelope('key ids of others', (found, { random, originals }) => ({
    ...found,
    signatures: found.signatures.map(({ sig }) => ({
      keyid: random.pick([originals.stranger.public.id, 'ada', '', found.signatures[0]!.keyid ?? 'x']),
      sig,
    })),
  })),
  envelope('a signature twice', found => ({
    ...found,
    signatures: [...found.signatures, ...found.signatures],
  })),
  envelope('signatures in another order', found => ({ ...found, signatures: found.signatures.toReversed() })),
  envelope("a stranger's signature beside it", (found, { originals }) => ({
    ...found,
    signatures: [{ sig: sign(originals.stranger, found) }, ...found.signatures],
  })),
  {
    name: 'other permissions than to execute',
    apply: (subject, { random }) => {
      const [name, entry] = random.pick([...subject.entries].filter(([, { kind }]) => kind === 'file'));
      if (entry.kind !== 'file') return undefined;
      return having(subject, {
        [name]: { ...entry, mode: (entry.mode & 0o100) | random.pick([0o600, 0o444, 0o666]) },
      });
    },
  },
  {
    name: 'an empty folder',
    apply: subject => having(subject, { 'impl/nothing': { kind: 'folder' } }),
  },
  {
    name: 'files that vnes never reads',
    apply: (subject, { random }) =>
      having(subject, { [`${random.pick(['node_modules', '.git', '.vnes'])}/x/${RECEIPT}`]: file('{}') }),
  },
  {
    name: 'trust: indented otherwise, members and keys in another order',
    apply: subject => {
      const { version, keys } = JSON.parse(subject.trust);
      if (!keys) return undefined;
      return { ...subject, trust: JSON.stringify({ keys: keys.toReversed(), version }, undefined, 1) };
    },
  },
  {
    name: 'root: signatures in another order',
    apply: subject => {
      const root = JSON.parse(subject.trust);
      if (!root.signed) return undefined;
      return { ...subject, trust: JSON.stringify({ ...root, signatures: root.signatures.toReversed() }) };
    },
  },
  {
    name: 'trust: another name for the key of others',
    apply: subject =>
      !subject.trust.includes('"signed"')
        ? { ...subject, trust: subject.trust.replace('"bob"', '"robert"') }
        : undefined,
  },
];
