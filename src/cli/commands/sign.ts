import path from 'node:path';
import { discoverCapsules } from '../../registry/discover.ts';
import { signCapsule } from '../../trust/sign.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { KEY_OPTIONS, openKey } from '../signing-key.ts';

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
  options: [...KEY_OPTIONS, { name: 'add', help: 'add a signature to the receipt that is there' }],
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
