import path from 'node:path';
import { discoverCapsules } from '../../registry/discover.ts';
import { openPrivateKey, readPrivateKey } from '../../trust/key-folder.ts';
import type { SigningKey } from '../../trust/private-key.ts';
import { signCapsule } from '../../trust/sign.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { passphrase } from '../passphrase.ts';

export const command: CommandSpec = {
  name: 'sign',
  summary: 'write the signed receipt of capsules',
  arguments: [
    {
      name: 'capsule',
      help: 'capsule folders, or folders to look for capsules in',
      required: true,
      variadic: true,
    },
  ],
  options: [
    {
      name: 'key',
      short: 'k',
      value: 'NAME|FILE',
      help: 'key to sign with; by default the one named default, or the only one',
    },
    {
      name: 'passphrase-file',
      value: 'FILE',
      help: 'read the passphrase of the key from FILE; - reads standard input',
    },
    { name: 'add', help: 'add a signature to the receipt that is there' },
  ],
  examples: [
    'vnes sign ./counter',
    'vnes sign ./capsules --key ci --passphrase-file ./passphrase',
    'vnes sign ./counter --add',
  ],
  run: sign,
};

async function sign(context: Context, paths: readonly string[], options: OptionValues): Promise<Result> {
  const { ports } = context;
  const folders = await discoverCapsules(paths, ports.env.cwd);
  const key = await openKey(context, options);
  const add = options.add === true;
  const signed = folders.map(folder => ({
    folder,
    ...signCapsule(path.resolve(ports.env.cwd, folder), folder, key, ports, { add }),
  }));
  return {
    data: { keyid: key.public.id, signed },
    diagnostics: [],
    text: paint =>
      signed
        .map(
          ({ folder, id, version, tree }) =>
            `${paint.good('signed')}  ${id}@${version}  ${paint.dim(`${folder}: ${tree}`)}`,
        )
        .join('\n'),
  };
}

async function openKey(context: Context, options: OptionValues): Promise<SigningKey> {
  const file = readPrivateKey(typeof options.key === 'string' ? options.key : undefined, context.ports);
  if (!file.encrypted) return openPrivateKey(file, undefined);
  const help = 'give it with --passphrase-file FILE';
  return openPrivateKey(file, await passphrase(context, options, `Passphrase for ${file.file}: `, help));
}
