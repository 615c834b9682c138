import { encodeBase64 } from '../../../src/base/base64.ts';
import { preAuthEncoding } from '../../../src/trust/dsse.ts';
import type { SigningKey } from '../../../src/trust/private-key.ts';
import { file, having, RECEIPT, receiptOf, type Subject } from './capsule.ts';
import { CHANGES, type Mutation, type Operator } from './operator.ts';

const TYPE = 'application/vnd.in-toto+json';
/** Order of the base point of Ed25519. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

export interface Signature {
  keyid?: string;
  sig: string;
}

export interface Envelope {
  payload: string;
  payloadType: string;
  signatures: Signature[];
}

/** The subject with another text for a receipt. */
export function withText(subject: Subject, text: string | Buffer): Subject {
  return having(subject, { [RECEIPT]: file(text) });
}

/** An operator that changes the envelope and writes it as vnes would. */
export function envelope(
  name: string,
  change: (envelope: Envelope, mutation: Mutation) => Envelope | undefined,
  refused?: true,
): Operator {
  return {
    name,
    apply: (subject, mutation) => {
      const changed = change(JSON.parse(receiptOf(subject)) as Envelope, mutation);
      return changed && withText(subject, `${JSON.stringify(changed)}\n`);
    },
    ...(refused ? { refused } : {}),
  };
}

/** An operator on the decoded payload, under the signatures that are there. */
function payload(name: string, change: (text: Buffer, mutation: Mutation) => Buffer | undefined): Operator {
  return envelope(name, (found, mutation) => {
    const changed = change(Buffer.from(found.payload, 'base64'), mutation);
    return changed && { ...found, payload: encodeBase64(changed) };
  });
}

/** An operator on the spelling of one base64 text: payload or signature. */
function spelling(name: string, change: (text: string, mutation: Mutation) => string): Operator {
  return envelope(name, (found, mutation) => {
    if (mutation.random.below(2) === 0) return { ...found, payload: change(found.payload, mutation) };
    return onSignature(found, entry => ({ ...entry, sig: change(entry.sig, mutation) }));
  });
}

/** Changes the last signature, the one that counts. */
function onSignature(found: Envelope, change: (entry: Signature) => Signature): Envelope {
  return { ...found, signatures: [...found.signatures.slice(0, -1), change(found.signatures.at(-1)!)] };
}

function onBytes(name: string, change: (bytes: Buffer, mutation: Mutation) => Buffer | undefined): Operator {
  return envelope(name, (found, mutation) => {
    const changed = change(Buffer.from(found.signatures.at(-1)!.sig, 'base64'), mutation);
    return changed && onSignature(found, entry => ({ ...entry, sig: encodeBase64(changed) }));
  });
}

const ENVELOPE: readonly Operator[] = Object.entries(CHANGES).map(([what, change]) => ({
  name: `envelope: ${what}`,
  apply: (subject, { random }) => {
    const text = change(Buffer.from(receiptOf(subject)), random);
    return text && withText(subject, text);
  },
}));

const PAYLOAD: readonly Operator[] = [
  ...Object.entries(CHANGES).map(([what, change]) =>
    payload(`payload: ${what}`, (text, { random }) => change(text, random)),
  ),
  payload('payload: the same statement, indented', text =>
    Buffer.from(JSON.stringify(JSON.parse(text.toString()), undefined, 2)),
  ),
  payload('payload: the same statement, members reversed', text =>
    Buffer.from(JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text.toString())).reverse()))),
  ),
  payload('payload: a member twice', text => Buffer.from(text.toString().replace('{', '{"_type":"x",'))),
  payload('payload: another version', text => Buffer.from(text.toString().replace(/\d\.\d\.\d/g, '9.9.9'))),
  payload('payload: another digit in a digest', (text, { random }) => {
    const at = random.pick([...text.toString('latin1').matchAll(/[0-9a-f]{64}/g)]).index + random.below(64);
    const copy = Buffer.from(text);
    copy[at] = copy[at] === 0x30 ? 0x31 : 0x30;
    return copy;
  }),
  payload('payload: a file less', text => {
    const statement = JSON.parse(text.toString());
    statement.predicate.files.pop();
    return Buffer.from(JSON.stringify(statement));
  }),
  payload('payload: nothing', () => Buffer.alloc(0)),
];

const SPELLING: readonly Operator[] = [
  spelling('base64: the alphabet for URLs', text => text.replaceAll('+', '-').replaceAll('/', '_')),
  spelling('base64: no padding', text => text.replace(/=+$/, '')),
  spelling('base64: more padding', text => `${text}=`),
  spelling('base64: a space inside', (text, { random }) => inserted(text, ' ', random.below(text.length))),
  spelling('base64: a line end inside', (text, { random }) =>
    inserted(text, '\n', random.below(text.length)),
  ),
  spelling('base64: a foreign character', (text, { random }) =>
    inserted(text, '!', random.below(text.length)),
  ),
  spelling('base64: stray bits at the end', text => strayBits(text)),
  spelling('base64: twice', text => encodeBase64(Buffer.from(text))),
];

const SIGNATURES: readonly Operator[] = [
  onBytes('signature: one bit turned', (bytes, { random }) => CHANGES['one bit turned']!(bytes, random)),
  onBytes('signature: S plus the order', bytes => {
    const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + ORDER;
    const text = s.toString(16).padStart(64, '0');
    return Buffer.concat([bytes.subarray(0, 32), Buffer.from(text, 'hex').reverse()]);
  }),
  onBytes('signature: R of small order', bytes => Buffer.concat([Buffer.alloc(32), bytes.subarray(32)])),
  onBytes('signature: zeroes', () => Buffer.alloc(64)),
  onBytes('signature: halves traded', bytes => Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)])),
  onBytes('signature: a byte less', bytes => bytes.subarray(0, 63)),
  onBytes('signature: a byte more', bytes => Buffer.concat([bytes, Buffer.alloc(1)])),
  signedBy('signature: by a stranger', ({ originals }) => originals.stranger),
  signedBy('signature: by a key for other capsules', ({ originals }) => originals.bob),
  envelope("signature: a stranger's, under the trusted key id", (found, { originals }) =>
    onSignature(found, ({ keyid }) => ({
      ...(keyid ? { keyid } : {}),
      sig: sign(originals.stranger, found),
    })),
  ),
  signedOver('signature: over the payload alone', found => Buffer.from(found.payload, 'base64')),
  signedOver('signature: over the base64', found => preAuthEncoding(TYPE, Buffer.from(found.payload))),
  signedOver('signature: over another type', found =>
    preAuthEncoding('application/json', Buffer.from(found.payload, 'base64')),
  ),
  signedOver('signature: over lengths in characters', found => {
    const text = Buffer.from(found.payload, 'base64').toString();
    return text.length === Buffer.byteLength(text)
      ? undefined
      : Buffer.from(`DSSEv1 ${TYPE.length} ${TYPE} ${text.length} ${text}`);
  }),
  envelope('signatures: none', found => ({ ...found, signatures: [] })),
  envelope('signatures: all but the trusted one', found =>
    found.signatures.length > 1 ? { ...found, signatures: found.signatures.slice(0, -1) } : undefined,
  ),
  envelope(
    'signatures: a broken one of the trusted key beside it',
    (found, { random, originals }) => ({
      ...found,
      signatures: shuffled(
        [
          ...found.signatures,
          { keyid: originals.ada.public.id, sig: sign(originals.ada, { payload: 'eHg=' }) },
        ],
        random.below(2) === 0,
      ),
    }),
    true,
  ),
  envelope(
    'signatures: more than the limit',
    found => ({ ...found, signatures: Array.from({ length: 65 }, () => found.signatures.at(-1)!) }),
    true,
  ),
];

const FOREIGN: readonly Operator[] = [
  {
    name: 'receipt: of another capsule or version',
    apply: (subject, { random, originals }) => {
      const other = random.pick(originals.subjects.filter(each => receiptOf(each) !== receiptOf(subject)));
      return withText(subject, receiptOf(other));
    },
  },
  envelope('receipt: payload of another, signatures of this', (found, { random, originals }) => {
    const other = JSON.parse(receiptOf(random.pick(originals.subjects))) as Envelope;
    return { ...found, payload: other.payload };
  }),
  envelope('receipt: signatures of another', (found, { random, originals }) => {
    const other = JSON.parse(receiptOf(random.pick(originals.subjects))) as Envelope;
    return { ...found, signatures: other.signatures };
  }),
  envelope('receipt: another type', (found, { random }) => ({
    ...found,
    payloadType: random.pick(['application/json', `${TYPE} `, TYPE.toUpperCase(), '', 'text/plain']),
  })),
];

/** Texts that lenient parsers read as the same receipt. */
const STRICT: readonly Operator[] = [
  text('json: a byte order mark', found => `\uFEFF${found}`),
  text('json: a comma too many', found => found.replace(/\}\s*$/, ',}')),
  text('json: a comment', found => `/* */${found}`),
  text('json: something behind', found => `${found}{}`),
  text('json: wrapped in a list', found => `[${found}]`),
  text('json: a member twice', (found, { random }) =>
    found.replace('{', `{"${random.pick(['payload', 'payloadType', 'signatures', 'p\\u0061yload'])}":"",`),
  ),
  text('json: a member unknown to DSSE', found => found.replace('{', '{"extra":1,')),
  text('json: a prototype', found => found.replace('{', '{"__proto__":{},')),
  {
    name: 'json: UTF-16',
    refused: true,
    apply: subject => withText(subject, Buffer.from(`\uFEFF${receiptOf(subject)}`, 'utf16le')),
  },
];

export const RECEIPT_OPERATORS: readonly Operator[] = [
  ...ENVELOPE,
  ...PAYLOAD,
  ...SPELLING,
  ...SIGNATURES,
  ...FOREIGN,
  ...STRICT,
];

function text(name: string, change: (text: string, mutation: Mutation) => string): Operator {
  return {
    name,
    refused: true,
    apply: (subject, mutation) => withText(subject, change(receiptOf(subject), mutation)),
  };
}

function signedBy(name: string, who: (mutation: Mutation) => SigningKey): Operator {
  return envelope(name, (found, mutation) => {
    const key = who(mutation);
    return { ...found, signatures: [{ keyid: key.public.id, sig: sign(key, found) }] };
  });
}

/** A signature that the trusted key made, over bytes that are not the statement's encoding. */
function signedOver(name: string, message: (found: Envelope) => Buffer | undefined): Operator {
  return envelope(name, (found, { originals }) => {
    const bytes = message(found);
    return bytes && onSignature(found, entry => ({ ...entry, sig: encodeBase64(originals.ada.sign(bytes)) }));
  });
}

export function sign(key: SigningKey, { payload }: Pick<Envelope, 'payload'>): string {
  return encodeBase64(key.sign(preAuthEncoding(TYPE, Buffer.from(payload, 'base64'))));
}

function shuffled<Item>(items: readonly Item[], reversed: boolean): Item[] {
  return reversed ? items.toReversed() : [...items];
}

function inserted(text: string, what: string, at: number): string {
  return text.slice(0, at) + what + text.slice(at);
}

/** The last character before the padding with a bit set that no decoder reads. */
function strayBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const at = text.search(/=*$/) - 1;
  const value = alphabet.indexOf(text[at]!);
  return text.endsWith('=') ? `${text.slice(0, at)}${alphabet[value ^ 1]}${text.slice(at + 1)}` : text;
}
