import { fail } from '../../base/diagnostic.ts';
import { editable } from '../../trust/root/draft.ts';
import { renewed, type Seat, withKeys, withoutKeys, withoutSeat, withSeat } from '../../trust/root/edit.ts';
import { rootDigest } from '../../trust/root/encode.ts';
import { ROLES } from '../../trust/root/model.ts';
import type { CommandSpec, Context, OptionSpec, OptionValues, Result } from '../command.ts';
import {
  all,
  COMMON_OPTIONS,
  EXPIRY_OPTIONS,
  expiry,
  publicKeys,
  save,
  sign,
  wholeNumber,
  workshop,
} from '../trust-root.ts';

const PUBLIC_OPTION: OptionSpec = {
  name: 'public',
  value: 'KEY',
  help: 'a public key, a file with one, or the name of a key of yours; may be repeated',
  multiple: true,
};
const SEAT_OPTIONS: readonly OptionSpec[] = [
  { name: 'role', value: 'ROLE', help: `root, ${ROLES.join(', ')}` },
  { name: 'namespace', value: 'PATTERN', help: 'capsules that the role is for, such as user.ada.*' },
  { name: 'threshold', value: 'N', help: 'how many principals of the role have to sign' },
];
const REASON_OPTION: OptionSpec = { name: 'reason', value: 'TEXT', help: 'why, for those who read it later' };
const DIGEST_OPTION: OptionSpec = {
  name: 'digest',
  value: 'DIGEST',
  help: 'sign only the draft of this digest, as vnes trust show gave it',
};

export const add: CommandSpec = {
  name: 'add',
  summary: 'draft a version with more keys of a principal, or with principals in a role',
  arguments: [{ name: 'principal', help: 'names of principals', required: true, variadic: true }],
  options: [PUBLIC_OPTION, ...SEAT_OPTIONS, ...COMMON_OPTIONS],
  examples: [
    'vnes trust add bob --public bob.pub.pem',
    "vnes trust add ada bob --role build --namespace 'acme.core.*' --threshold 2",
  ],
  run: addCommand,
};

export const rotate: CommandSpec = {
  name: 'rotate',
  summary: 'draft a version in which a principal has a new key, or one that only expires later',
  arguments: [{ name: 'principal', help: 'name of the principal; none to renew the root alone' }],
  options: [PUBLIC_OPTION, REASON_OPTION, ...EXPIRY_OPTIONS, ...COMMON_OPTIONS],
  examples: ['vnes trust rotate ada --public ada-2027.pub.pem', 'vnes trust rotate --days 180'],
  run: rotateCommand,
};

export const revoke: CommandSpec = {
  name: 'revoke',
  summary: 'draft a version in which keys count no longer, or a principal has left a role',
  arguments: [{ name: 'principal', help: 'name of the principal', required: true }],
  options: [PUBLIC_OPTION, REASON_OPTION, ...SEAT_OPTIONS, ...COMMON_OPTIONS],
  examples: [
    "vnes trust revoke bob --reason 'lost laptop'",
    "vnes trust revoke bob --role build --namespace 'acme.core.*'",
  ],
  run: revokeCommand,
};

export const signDraft: CommandSpec = {
  name: 'sign',
  summary: 'sign the draft; once enough have signed it is in force',
  arguments: [],
  options: [DIGEST_OPTION, ...COMMON_OPTIONS],
  examples: ['vnes trust sign --key ada', 'vnes trust sign --key ada --digest sha256:9f2c...'],
  run: signCommand,
};

async function addCommand(
  context: Context,
  names: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const shop = workshop(context, options);
  const keys = publicKeys(context, options);
  const seat = seatOption(options);
  if (keys.length > 0 && names.length > 1) {
    fail('VNES2070', 'keys belong to one principal', {
      expected: 'one name with --public',
      found: names.join(', '),
    });
  }
  if (keys.length === 0 && !seat) {
    fail('VNES2070', 'there is nothing to add', {
      expected: '--public KEY, or --role ROLE',
      help: 'vnes trust add --help',
    });
  }
  const grown = names.reduce((signed, name) => withKeys(signed, name, keys), editable(shop));
  const signed = seat ? withSeat(grown, names, seat, wholeNumber('threshold', options)) : grown;
  return save(context, options, shop, signed);
}

async function rotateCommand(
  context: Context,
  [name]: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const shop = workshop(context, options);
  const before = editable(shop);
  const keys = publicKeys(context, options);
  if ((name === undefined) !== (keys.length === 0)) {
    fail('VNES2070', 'a principal and a new key belong together', {
      expected: 'PRINCIPAL --public KEY, or neither of them',
    });
  }
  if (name === undefined) return save(context, options, shop, renewed(before, expiry(context, options)));
  const changed = withKeys(withoutKeys(before, name, [], reason(options, 'rotated')), name, keys);
  const later = options.expires !== undefined || options.days !== undefined;
  return save(context, options, shop, later ? renewed(changed, expiry(context, options)) : changed);
}

async function revokeCommand(
  context: Context,
  [name = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const shop = workshop(context, options);
  const seat = seatOption(options);
  const before = editable(shop);
  const signed = seat
    ? withoutSeat(before, name, seat, wholeNumber('threshold', options))
    : withoutKeys(before, name, publicKeys(context, options), reason(options, 'revoked'));
  return save(context, options, shop, signed);
}

async function signCommand(context: Context, _: readonly string[], options: OptionValues): Promise<Result> {
  const shop = workshop(context, options);
  if (!shop.draft) {
    return fail('VNES2070', 'there is no draft to sign', {
      place: { file: shop.draftFile },
      expected: 'a draft by vnes trust add, rotate or revoke',
      found: 'no such file',
    });
  }
  const digest = rootDigest(shop.draft.signed);
  if (options.digest !== undefined && options.digest !== digest) {
    fail('VNES2070', 'the draft is not the one that was shown', {
      place: { file: shop.draftFile },
      expected: String(options.digest),
      found: digest,
      help: 'see what it says now: vnes trust show',
    });
  }
  const keys = all(options, 'key');
  return sign(context, keys.length > 0 ? options : { ...options, key: ['default'] }, shop, shop.draft);
}

function reason(options: OptionValues, otherwise: string): string {
  return typeof options.reason === 'string' ? options.reason : otherwise;
}

/** The role that the options name, or undefined. @throws Failure VNES9006 */
function seatOption(options: OptionValues): Seat | undefined {
  const { role, namespace } = options;
  if (role === undefined && namespace === undefined) return undefined;
  const known = (['root', ...ROLES] as const).find(each => each === role);
  const fits = known !== undefined && (known === 'root') === (namespace === undefined);
  if (fits) return { role: known, namespace: typeof namespace === 'string' ? namespace : undefined };
  return fail('VNES9006', '--role and --namespace do not fit together', {
    expected: `--role root, or one of ${ROLES.join(', ')} with --namespace`,
    found: `${String(role ?? 'no role')}, ${String(namespace ?? 'no namespace')}`,
  });
}
