import path from 'node:path';
import { fail } from '../../base/diagnostic.ts';

/** What a PKCS#11 URI says about a key (RFC 7512); what it does not name may be anything. */
export interface TokenUri {
  /** The token's label, its maker and so on, each in full. */
  readonly token: Readonly<Partial<Record<TokenAttribute, string>>>;
  /** The key's label, and its id in hexadecimal. */
  readonly key: { readonly object?: string; readonly id?: string };
  /** The shared library that knows the token. */
  readonly modulePath?: string;
}

export const TOKEN_ATTRIBUTES = ['token', 'manufacturer', 'model', 'serial'] as const;
export type TokenAttribute = (typeof TOKEN_ATTRIBUTES)[number];

const SCHEME = 'pkcs11:';
const PATH_ATTRIBUTES: readonly string[] = [...TOKEN_ATTRIBUTES, 'object', 'id'];
const QUERY_ATTRIBUTES: readonly string[] = ['module-path'];
/** Unreserved characters, those that the RFC lets stand, and `%XX` (section 2.3). */
const VALUE = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=&/|]|%[0-9A-Fa-f]{2})*$/;
/** Command lines can be read by every user of the machine, and what a URI points at may be a program. */
const SECRETS = /(?:^|[;?&])pin-(?:value|source)=/;

/** Reads a PKCS#11 URI, strictly. @throws Failure VNES2042 */
export function parseTokenUri(uri: string): TokenUri {
  if (SECRETS.test(uri.slice(SCHEME.length))) {
    fail('VNES2042', 'a PIN does not belong on the command line', {
      expected: 'a URI without pin-value and pin-source',
      help: 'give it with --passphrase-file FILE, --passphrase-fd N, or at the prompt',
    });
  }
  const [first = '', query, ...more] = uri.slice(SCHEME.length).split('?');
  if (!uri.startsWith(SCHEME) || more.length > 0) refuse('pkcs11:, attributes, and at most one ?', uri);
  const { object, id, ...token } = attributes(first, ';', PATH_ATTRIBUTES);
  const modulePath = attributes(query ?? '', '&', QUERY_ATTRIBUTES)['module-path'];
  if (modulePath && !path.isAbsolute(modulePath.toString())) refuse('an absolute module-path', uri);
  return {
    token: Object.fromEntries(Object.entries(token).map(([name, bytes]) => [name, text(bytes)])),
    key: { ...(object && { object: text(object) }), ...(id && { id: id.toString('hex') }) },
    ...(modulePath && { modulePath: text(modulePath) }),
  };
}

/** `NAME=VALUE` with separators between them, each name once; values without their percent signs. */
function attributes(written: string, separator: string, known: readonly string[]): Record<string, Buffer> {
  const found: Record<string, Buffer> = {};
  for (const attribute of written === '' ? [] : written.split(separator)) {
    const [name = '', ...rest] = attribute.split('=');
    const value = rest.join('=');
    if (!known.includes(name) || rest.length === 0)
      refuse(`attributes out of: ${known.join(', ')}`, attribute);
    if (Object.hasOwn(found, name)) refuse('each attribute once', attribute);
    if (value === '' || !VALUE.test(value)) refuse('a value in letters, digits and %XX', attribute);
    found[name] = Buffer.from(
      value.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
      'latin1',
    );
  }
  return found;
}

function text(bytes: Buffer): string {
  const decoded = bytes.toString('utf8');
  return Buffer.from(decoded).equals(bytes) && !decoded.includes('\0')
    ? decoded
    : refuse('UTF-8 without zeros', bytes.toString('latin1'));
}

function refuse(expected: string, found: string): never {
  return fail('VNES2042', 'this names no key in a token', {
    expected,
    found: JSON.stringify(found),
    help: "--key 'pkcs11:token=NAME;object=LABEL', in quotes; pkcs11-tool -L and -O show the names",
  });
}
