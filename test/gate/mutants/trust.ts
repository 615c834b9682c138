import type { Subject } from './capsule.ts';
import { CHANGES, flipBit, type Mutation, type Operator } from './operator.ts';

interface TrustFile {
  version: number;
  keys: { name: string; public_key: string; namespaces: string[] }[];
}

/** Under this key, whose order is one, a signature of zeroes holds over anything where nobody looks. */
const IDENTITY = 'MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

/** Namespaces that are not the trusted one, nor wider than it. */
const NAMESPACES: readonly string[] = [
  'user.adam.*',
  'user.ad.*',
  'user.ada',
  'user.ada.count',
  'user.ada.counter.*',
  'user.ada.*.counter',
  'USER.ADA.*',
  'user.\u0430da.*',
  'user.ada*',
  'ada.*',
  '*.ada.*',
  '*',
  '.*',
  '',
  'user.ada.',
  'user.ada.**',
  ' user.ada.*',
];

function edited(
  name: string,
  edit: (trust: TrustFile, mutation: Mutation) => TrustFile | undefined,
  refused?: true,
): Operator {
  return {
    name: `trust: ${name}`,
    apply: (subject, mutation) => {
      const trust = JSON.parse(subject.trust) as Partial<TrustFile>;
      const changed = trust.keys && edit(trust as TrustFile, mutation);
      return changed && { ...subject, trust: JSON.stringify(changed) };
    },
    ...(refused ? { refused } : {}),
  };
}

function onAda(trust: TrustFile, change: Partial<TrustFile['keys'][number]>): TrustFile {
  return { ...trust, keys: trust.keys.map(key => (key.name === 'ada' ? { ...key, ...change } : key)) };
}

const ada = (trust: TrustFile) => trust.keys.find(({ name }) => name === 'ada')!;

export const TRUST_OPERATORS: readonly Operator[] = [
  ...Object.entries(CHANGES).map(
    ([what, change]): Operator => ({
      name: `trust: ${what}`,
      apply: (subject, { random }) => {
        const bytes = change(Buffer.from(subject.trust), random);
        return bytes && { ...subject, trust: bytes.toString('utf8') };
      },
    }),
  ),
  edited('one bit of the key turned', (trust, { random }) => {
    const der = Buffer.from(ada(trust).public_key, 'base64');
    return onAda(trust, { public_key: flipBit(der, random, 12).toString('base64') });
  }),
  edited('the key of somebody else', (trust, { originals }) =>
    onAda(trust, { public_key: originals.nobody.public.base64 }),
  ),
  edited('a key of order one', trust => onAda(trust, { public_key: IDENTITY })),
  edited('other namespaces', (trust, { random }) => onAda(trust, { namespaces: [random.pick(NAMESPACES)] })),
  edited('no namespaces', trust => onAda(trust, { namespaces: [] })),
  edited('the key is removed', trust => ({
    ...trust,
    keys: trust.keys.filter(({ name }) => name !== 'ada'),
  })),
  edited('no keys', trust => ({ ...trust, keys: [] })),
  edited('the namespaces of another key', trust => onAda(trust, { namespaces: ['user.bob.*'] })),
  edited(
    'another version',
    (trust, { random }) => ({ ...trust, version: random.pick([0, 2, -1, 1.5]) }),
    true,
  ),
  edited('a key twice', trust => ({ ...trust, keys: [...trust.keys, { ...ada(trust), name: 'eve' }] }), true),
  edited(
    'a name twice',
    (trust, { originals }) => ({
      ...trust,
      keys: [...trust.keys, { ...ada(trust), public_key: originals.stranger.public.base64 }],
    }),
    true,
  ),
  edited('an unknown member', trust => ({ ...trust, threshold: 0 }) as TrustFile, true),
  {
    name: 'trust: a member twice',
    refused: true,
    apply: (subject: Subject) => ({ ...subject, trust: subject.trust.replace('{', '{"version":1,') }),
  },
];
