import { fail } from '../../base/diagnostic.ts';
import type { JsonValue } from '../../base/json.ts';
import type { Ports } from '../../base/ports.ts';
import { PublicKey } from '../public-key.ts';
import { PATIENCE, type Signer } from '../signer.ts';
import { type Module, moduleAt } from './module.ts';
import { parseTokenUri, TOKEN_ATTRIBUTES, type TokenUri } from './uri.ts';

/** A token as its module describes it. */
interface Token {
  readonly token: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly slot: number;
  readonly flags: number;
}

/** A private key of a token. Bytes are in hexadecimal. */
interface TokenKey {
  readonly label: string;
  readonly id: string;
  /** CKA_KEY_TYPE. */
  readonly type: number;
  readonly params: string;
  /** CKA_EC_POINT of each public key with the same id. */
  readonly points: readonly string[];
}

/** CKF_LOGIN_REQUIRED, CKF_PROTECTED_AUTHENTICATION_PATH (a pad to type the PIN on) and CKF_TOKEN_INITIALIZED. */
const FLAGS = { login: 0x4, pad: 0x100, ready: 0x400 } as const;
/** CKK_EC_EDWARDS. */
const EDWARDS = 0x40;
/** How modules name the curve: the string `edwards25519`, its OID of RFC 8410, and an older one. */
const CURVES = ['130c656477617264733235353139', '06032b6570', '06092b06010401da470f01'];
/** The point alone, or as a DER OCTET STRING. */
const POINT = /^(?:0420)?([0-9a-f]{64})$/;

/**
 * The key that a PKCS#11 URI names. `pin` is asked for the PIN when the token wants one that is not typed on its own pad; it is told the
 * token's label. @throws Failure VNES2031 when none or several fit, VNES2032, VNES2033, VNES2036, VNES2037, VNES2039, VNES2042.
 */
export async function tokenSigner(
  uri: string,
  pin: (token: string) => Promise<string>,
  ports: Ports,
  patience = PATIENCE,
): Promise<Signer> {
  const wanted = parseTokenUri(uri);
  const module = moduleAt(wanted.modulePath, ports);
  const token = chooseToken(await tokensOf(module, patience.lookupMs), wanted);
  const login = (token.flags & FLAGS.login) !== 0;
  const typed = login && (token.flags & FLAGS.pad) === 0 ? await pin(token.token) : null;
  const access = { slot: token.slot, login, pin: typed };
  const keys = await module.ask({ do: 'keys', ...access }, patience.signingMs);
  const key = chooseKey(keys as unknown as readonly TokenKey[], wanted, token);
  const { id, label } = key;
  return {
    public: publicOf(key),
    name: label,
    sign: async message => {
      const question = {
        do: 'sign',
        ...access,
        id,
        label,
        message: Buffer.from(message).toString('hex'),
      } as const;
      return bytesOf(await module.ask(question, patience.signingMs));
    },
  };
}

async function tokensOf(module: Module, waitMs: number): Promise<readonly Token[]> {
  const tokens = (await module.ask({ do: 'tokens' }, waitMs)) as unknown as readonly Token[];
  return tokens.filter(({ flags }) => (flags & FLAGS.ready) !== 0);
}

function chooseToken(tokens: readonly Token[], { token }: TokenUri): Token {
  const fitting = tokens.filter(each =>
    TOKEN_ATTRIBUTES.every(name => [undefined, each[name]].includes(token[name])),
  );
  if (fitting.length === 1) return fitting[0]!;
  const list = (fitting.length > 1 ? fitting : tokens).map(
    each => `token=${JSON.stringify(each.token)} serial=${JSON.stringify(each.serial)}`,
  );
  return fail('VNES2031', fitting.length > 1 ? 'several tokens fit' : 'no token fits', {
    expected: list.length > 0 ? `one of: ${list.join('; ')}` : 'a token that is plugged in and initialized',
    found: fitting.length > 1 ? `${fitting.length} tokens` : JSON.stringify(token),
    help: 'name it in full: pkcs11:token=NAME;serial=NUMBER; pkcs11-tool -L shows what there is',
  });
}

function chooseKey(keys: readonly TokenKey[], { key }: TokenUri, token: Token): TokenKey {
  const named = keys.filter(
    each => [undefined, each.label].includes(key.object) && [undefined, each.id].includes(key.id),
  );
  const fitting = named.filter(each => each.type === EDWARDS && CURVES.includes(each.params));
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length === 0 && named.length > 0) {
    fail('VNES2032', 'the key in the token cannot sign receipts', {
      expected: 'an Ed25519 key',
      found: `a key of type 0x${named[0]!.type.toString(16)}`,
      help: 'make one: pkcs11-tool --login --keypairgen --key-type EC:edwards25519 --label NAME --id 01',
    });
  }
  const list = (fitting.length > 1 ? fitting : keys).map(
    ({ label, id }) => `object=${JSON.stringify(label)} id=${JSON.stringify(id)}`,
  );
  return fail('VNES2031', fitting.length > 1 ? 'several keys of the token fit' : 'no key of the token fits', {
    expected: list.length > 0 ? `one of: ${list.join('; ')}` : 'a private key in the token',
    found: fitting.length > 1 ? `${fitting.length} keys` : JSON.stringify(key),
    help: `name it in full: pkcs11:token=${encodeURIComponent(token.token)};object=LABEL;id=%01`,
  });
}

/** A token gives the public half by an object of its own; not every token has one for each private key. */
function publicOf({ points, id, label }: TokenKey): PublicKey {
  const [point, ...more] = points;
  const raw = point === undefined || more.length > 0 ? undefined : POINT.exec(point)?.[1];
  if (raw !== undefined) return PublicKey.fromRaw(Buffer.from(raw, 'hex'));
  return fail('VNES2032', 'the token does not say what the public half of the key is', {
    expected: 'one public key with the id of the private one, and a point of 32 bytes',
    found: points.length === 1 ? `the point ${point!.slice(0, 100)}` : `${points.length} public keys`,
    help: `see pkcs11-tool --login -O; write it beside ${JSON.stringify(label)}: pkcs11-tool --login --write-object FILE --type pubkey --id ${id}`,
  });
}

function bytesOf(answer: JsonValue): Buffer {
  return Buffer.from(typeof answer === 'string' ? answer : '', 'hex');
}
