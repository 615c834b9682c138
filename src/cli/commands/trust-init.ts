import { fail } from '../../base/diagnostic.ts';
import { firstVersion } from '../../trust/root/edit.ts';
import type { Principal } from '../../trust/root/model.ts';
import type { Signer } from '../../trust/signer.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import {
  all,
  COMMON_OPTIONS,
  EXPIRY_OPTIONS,
  expiry,
  openKeys,
  publicKeys,
  save,
  wholeNumber,
  workshop,
} from '../trust-root.ts';

export const init: CommandSpec = {
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
    ...COMMON_OPTIONS,
  ],
  examples: [
    "vnes trust init acme --key ada --namespace 'user.ada.*'",
    "vnes trust init acme --key ada --principal bob=bob.pub.pem --threshold 2 --namespace 'acme.*'",
  ],
  run: initCommand,
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
  const named = all(options, 'principal').map(text => namedPrincipal(text, context));
  const principals = [...keys.filter(key => !isNamed(key, named)).map(ownPrincipal), ...named];
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
  return save(context, options, shop, first, keys);
}

/** A key that signs is a principal of its own name, unless --principal gives it another. */
function ownPrincipal({ name, public: key }: Signer): Principal {
  return { name, keys: [key.base64] };
}

function isNamed({ public: key }: Signer, principals: readonly Principal[]): boolean {
  return principals.some(({ keys }) => keys.includes(key.base64));
}

function namedPrincipal(text: string, context: Context): Principal {
  const [name = '', ...rest] = text.split('=');
  return { name, keys: publicKeys(context, { public: rest.join('=') }) };
}
