import { fail } from '../../base/diagnostic.ts';
import { createKey, findKey, listKeys, refuseTakenName, type StoredKey } from '../../trust/key-folder.ts';
import { userTrustFile } from '../../trust/store.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { passphrase } from '../passphrase.ts';

const create: CommandSpec = {
  name: 'create',
  summary: 'make a key pair and trust it on this machine for user.*',
  arguments: [],
  options: [
    { name: 'name', short: 'n', value: 'NAME', help: 'name of the key', default: 'default' },
    { name: 'no-passphrase', help: 'leave the private key unencrypted' },
    { name: 'passphrase-file', value: 'FILE', help: 'read the passphrase from FILE; - reads standard input' },
  ],
  examples: ['vnes keys create', 'vnes keys create --name ci --passphrase-file ./passphrase'],
  run: createCommand,
};

const list: CommandSpec = {
  name: 'list',
  summary: 'list your keys',
  arguments: [],
  options: [],
  examples: ['vnes keys list'],
  run: listCommand,
};

const show: CommandSpec = {
  name: 'show',
  summary: 'show the public half of a key, as others need it to trust you',
  arguments: [{ name: 'name', help: 'name of the key; by default the one named default' }],
  options: [],
  examples: ['vnes keys show', 'vnes keys show ci'],
  run: showCommand,
};

export const command: CommandSpec = {
  name: 'keys',
  summary: 'make and show the keys that you sign with',
  arguments: [],
  options: [],
  examples: ['vnes keys create', 'vnes keys list'],
  commands: [create, list, show],
};

async function createCommand(context: Context, _: readonly string[], options: OptionValues): Promise<Result> {
  const name = String(options.name ?? 'default');
  refuseTakenName(name, context.ports);
  const key = createKey(name, await newPassphrase(context, options), context.ports);
  const trust = userTrustFile(context.ports);
  return {
    data: { ...facts(key), trust },
    diagnostics: [],
    text: paint =>
      [
        `${paint.good('created')}  ${name}  ${paint.dim(key.public.id)}`,
        `  private key  ${key.privateFile}`,
        `  public key   ${key.publicFile}`,
        `  trusted for  user.*  (${trust})`,
      ].join('\n'),
  };
}

async function newPassphrase(context: Context, options: OptionValues): Promise<string | undefined> {
  if (options['no-passphrase'] === true && options['passphrase-file'] !== undefined) {
    fail('VNES2034', '--no-passphrase and --passphrase-file contradict each other', {
      expected: 'one of the two',
    });
  }
  if (options['no-passphrase'] === true) return undefined;
  const help = 'give --passphrase-file FILE, or leave the key unencrypted with --no-passphrase';
  return passphrase(context, options, 'Passphrase for the new key: ', help);
}

async function listCommand({ ports }: Context): Promise<Result> {
  const keys = listKeys(ports);
  return {
    data: keys.map(facts),
    diagnostics: [],
    text: paint =>
      keys.length === 0
        ? 'no keys yet; make one: vnes keys create'
        : keys
            .map(key => `${paint.bold(key.name)}  ${paint.dim(key.public.id)}  ${key.publicFile}`)
            .join('\n'),
  };
}

async function showCommand({ ports }: Context, [name = 'default']: readonly string[]): Promise<Result> {
  const key = findKey(name, ports);
  const { sshPublicKey } = await import('../../trust/detached/ssh.ts');
  const { minisignPublicKey } = await import('../../trust/detached/minisign.ts');
  const others = { ssh: sshPublicKey(key.public), minisign: minisignPublicKey(key.public) };
  return {
    data: { ...facts(key), ...others },
    diagnostics: [],
    text: () =>
      [
        key.public.pem,
        `name        ${key.name}`,
        `key id      ${key.public.id}`,
        `public_key  ${key.public.base64}`,
        `ssh         ${others.ssh}`,
        `minisign    ${others.minisign}`,
      ].join('\n'),
  };
}

function facts(key: StoredKey) {
  const { name, privateFile, publicFile } = key;
  return {
    name,
    keyid: key.public.id,
    public_key: key.public.base64,
    private_file: privateFile,
    public_file: publicFile,
  };
}
