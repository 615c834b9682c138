import path from 'node:path';
import { fail } from '../../base/diagnostic.ts';
import { discoverCapsules } from '../../registry/discover.ts';
import { signCapsule } from '../../trust/sign.ts';
import type { Signer } from '../../trust/signer.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { readNamed } from '../files.ts';
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
  options: [
    ...KEY_OPTIONS,
    {
      name: 'evidence',
      value: 'FILE',
      help: 'put what an audit found out about this capsule into the receipt (vnes audit determinism --evidence)',
    },
    { name: 'add', help: 'add a signature to the receipt that is there' },
    { name: 'detached', value: 'DIR', help: 'also write signatures for ssh-keygen and minisign into DIR' },
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
  const evidence = await evidenceOption(context, options);
  const also = await detached(context, folders, key, options.detached);
  const signOne = async (folder: string) => {
    const options = { add, evidence, ...also?.hook };
    return {
      folder,
      ...(await signCapsule(path.resolve(ports.env.cwd, folder), folder, key, ports, options)),
    };
  };
  const signed: Awaited<ReturnType<typeof signOne>>[] = [];
  // One after the other: an agent or a token may ask about each.
  for (const folder of folders) signed.push(await signOne(folder));
  return {
    data: { keyid: key.public.id, signed, ...(also ? { detached: also.files } : {}) },
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

/** @throws Failure VNES9006 beside `--add`, which signs a statement that is there */
async function evidenceOption(context: Context, { evidence: name, add }: OptionValues) {
  if (typeof name !== 'string') return undefined;
  if (add === true)
    fail('VNES9006', '--evidence and --add do not go together', { expected: 'one of the two' });
  const { parseEvidence } = await import('../../trust/audit-evidence.ts');
  const { bytes, name: file } = await readNamed(context, name);
  return parseEvidence(bytes, file);
}

/** What `--detached` adds to signing, and the files that it has written. */
async function detached({ ports }: Context, folders: readonly string[], key: Signer, option: unknown) {
  if (typeof option !== 'string') return undefined;
  const { detachedFolder, writeDetached } = await import('../../trust/detached/write.ts');
  const capsules = folders.map(folder => path.resolve(ports.env.cwd, folder));
  const target = detachedFolder(path.resolve(ports.env.cwd, option), capsules);
  const files: string[] = [];
  const write = async (capsule: string, receipt: Uint8Array) =>
    void files.push(...(await writeDetached(target, capsule, receipt, key)));
  return { files, hook: { also: write } };
}
