import { fail } from '../../base/diagnostic.ts';
import { editable } from '../../trust/root/draft.ts';
import {
  firstVersion,
  renewed,
  type Seat,
  withKeys,
  withoutKeys,
  withoutSeat,
  withSeat,
} from '../../trust/root/edit.ts';
import { type Principal, ROLES } from '../../trust/root/model.ts';
import type { CommandSpec, Context, OptionSpec, OptionValues, Result } from '../command.ts';
import { NOW_OPTION } from '../time-option.ts';
import {
  all,
  EXPIRY_OPTIONS,
  expiry,
  keyName,
  openKeys,
  publicKeys,
  ROOT_OPTION,
  SIGNER_OPTIONS,
  save,
  sign,
  wholeNumber,
  workshop,
} from '../trust-root.ts';
import { show } from './trust-show.ts';

const PUBLIC_OPTION: OptionSpec = {
  name: 'public',
  value: 'KEY',
  help: 'public key: base64, a PEM file, or the name of a key of yours; may be repeated',
  multiple: true,
};
const SEAT_OPTIONS: readonly OptionSpec[] = [
  { name: 'role', value: 'ROLE', help: `root, ${ROLES.join(', ')}` },
  { name: 'namespace', value: 'PATTERN', help: 'capsules that the role is for, such as user.ada.*' },
  { name: 'threshold', value: 'N', help: 'how many principals of the role have to sign' },
];
const REASON_OPTION: OptionSpec = { name: 'reason', value: 'TEXT', help: 'why, for those who read it later' };
const COMMON: readonly OptionSpec[] = [ROOT_OPTION, ...SIGNER_OPTIONS, NOW_OPTION];

const init: CommandSpec = {
  name: 'init',
  summary: 'begin a trust root: version 1, signed by the given keys',
  arguments: [{ name: 'name', help: 'what people call the root', required: true }],
  options: [
    {
      name: 'namespace',
      value: 'PATTERN',
      help: 'capsules that they may build; may be repeated',
      multiple: true,
    },
    { name: 'principal', value: 'NAME=KEY', help: 'another root principal, by public key', multiple: true },
    { name: 'threshold', value: 'N', help: 'how many of them have to sign; by default more than half' },
    { name: 'deploy', help: 'ask every capsule for signatures of deployers too' },
    ...EXPIRY_OPTIONS,
    ...COMMON,
  ],
  examples: [
    "vnes trust init acme --key ada --namespace 'user.ada.*'",
    "vnes trust init acme --key ada --principal bob=bob.pub.pem --threshold 2 --namespace 'acme.*'",
  ],
  run: initCommand,
};

const add: CommandSpec = {
  name: 'add',
  summary: 'draft a version with more keys of a principal, or with principals in a role',
  arguments: [{ name: 'principal', help: 'names of principals', required: true, variadic: true }],
  options: [PUBLIC_OPTION, ...SEAT_OPTIONS, ...COMMON],
  examples: [
    'vnes trust add bob --public bob.pub.pem',
    "vnes trust add ada bob --role build --namespace 'acme.core.*' --threshold 2",
  ],
  run: addCommand,
};

const rotate: CommandSpec = {
  name: 'rotate',
  summary: 'draft a version in which a principal has a new key, or one that only expires later',
  arguments: [{ name: 'principal', help: 'name of the principal; none to renew the root alone' }],
  options: [PUBLIC_OPTION, REASON_OPTION, ...EXPIRY_OPTIONS, ...COMMON],
  examples: ['vnes trust rotate ada --public ada-2027.pub.pem', 'vnes trust rotate --days 180'],
  run: rotateCommand,
};

const revoke: CommandSpec = {
  name: 'revoke',
  summary: 'draft a version in which keys count no longer, or a principal has left a role',
  arguments: [{ name: 'principal', help: 'name of the principal', required: true }],
  options: [PUBLIC_OPTION, REASON_OPTION, ...SEAT_OPTIONS, ...COMMON],
  examples: [
    "vnes trust revoke bob --reason 'lost laptop'",
    "vnes trust revoke bob --role build --namespace 'acme.core.*'",
  ],
  run: revokeCommand,
};

const signDraft: CommandSpec = {
  name: 'sign',
  summary: 'sign the draft; once enough have signed it is in force',
  arguments: [],
  options: [...COMMON],
  examples: ['vnes trust sign --key ada'],
  run: signCommand,
};

export const command: CommandSpec = {
  name: 'trust',
  summary: 'say who may sign what: a trust root with versions, expiry and thresholds',
  arguments: [],
  options: [],
  examples: ["vnes trust init acme --key ada --namespace 'user.ada.*'", 'vnes trust show'],
  commands: [init, show, add, rotate, revoke, signDraft],
};

async function initCommand(
  context: Context,
  [name = '']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const shop = workshop(context, options);
  const taken = shop.root ? shop.file : shop.draft ? shop.draftFile : undefined;
  if (taken !== undefined) {
    fail('VNES2070', 'there is a trust root here already', {
      place: { file: taken },
      expected: 'a place without one',
      help: 'change it with vnes trust add, rotate or revoke; or name another file with --root',
    });
  }
  const keys = await openKeys(context, options);
  const own = all(options, 'key').map((key, index) => ({
    name: keyName(key, context),
    keys: [keys[index]!.public.base64],
  }));
  const principals = [...own, ...all(options, 'principal').map(text => namedPrincipal(text, context))];
  const namespaces = all(options, 'namespace');
  if (principals.length === 0 || namespaces.length === 0) {
    fail('VNES2070', principals.length === 0 ? 'a root needs keys' : 'a root needs namespaces', {
      expected: 'at least one --key or --principal, and one --namespace',
      help: 'vnes trust init --help',
    });
  }
  const first = firstVersion({
    name,
    principals,
    namespaces,
    threshold: wholeNumber('threshold', options) ?? Math.floor(principals.length / 2) + 1,
    require: options.deploy === true ? ['build', 'deploy'] : ['build'],
    expires: expiry(context, options),
  });
  return save(context, options, shop, first);
}

function namedPrincipal(text: string, context: Context): Principal {
  const [name = '', ...rest] = text.split('=');
  return { name, keys: publicKeys(context, { public: rest.join('=') }) };
}

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
