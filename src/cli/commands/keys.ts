import { Failure, fail } from '../../base/diagnostic.ts';
import type { Ports } from '../../base/ports.ts';
import { createKey, findKey, listKeys, refuseTakenName, type StoredKey } from '../../trust/key-folder.ts';
import { userTrustFile } from '../../trust/store.ts';
import type { CommandSpec, Context, OptionValues, Result } from '../command.ts';
import { namesPassphrase, PASSPHRASE_OPTIONS, passphrase } from '../passphrase.ts';
import { isElsewhere, openKey } from '../signing-key.ts';

const create: CommandSpec = {
  name: 'create',
  summary: 'make a key pair and trust it on this machine for user.* and local.*',
  arguments: [],
  options: [
    { name: 'name', short: 'n', value: 'NAME', help: 'name of the key', default: 'default' },
    { name: 'no-passphrase', help: 'leave the private key unencrypted' },
    ...PASSPHRASE_OPTIONS,
  ],
  examples: ['vnes keys create', 'vnes keys create --name ci --passphrase-file ./passphrase'],
  run: createCommand,
};

const list: CommandSpec = {
  name: 'list',
  summary: 'list your keys, and those of your ssh-agent that can sign',
  arguments: [],
  options: [],
  examples: ['vnes keys list'],
  run: listCommand,
};

const show: CommandSpec = {
  name: 'show',
  summary: 'show the public half of a key, as others need it to trust you',
  arguments: [{ name: 'key', help: 'NAME, ssh-agent:... or pkcs11:...; by default the one named default' }],
  options: [...PASSPHRASE_OPTIONS],
  examples: ['vnes keys show', 'vnes keys show ci', 'vnes keys show ssh-agent:ada@laptop'],
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
        `  trusted for  user.* and local.*  (${trust})`,
      ].join('\n'),
  };
}

async function newPassphrase(context: Context, options: OptionValues): Promise<string | undefined> {
  if (options['no-passphrase'] === true && namesPassphrase(options)) {
    fail('VNES2034', '--no-passphrase contradicts a passphrase', {
      expected: 'one of the two',
    });
  }
  if (options['no-passphrase'] === true) return undefined;
  const help = 'give --passphrase-file FILE, or leave the key unencrypted with --no-passphrase';
  return passphrase(context, options, 'Passphrase for the new key: ', help);
}

async function listCommand({ ports }: Context): Promise<Result> {
  const keys = listKeys(ports);
  const agent = await agentKeys(ports);
  const lines = [
    ...keys.map(key => [key.name, key.public.id, key.publicFile]),
    ...agent.keys.map(({ key, id, comment }) => [key, id, comment]),
  ];
  return {
    data: [
      ...keys.map(facts),
      ...agent.keys.map(({ key, id, comment, public_key }) => ({
        name: key,
        keyid: id,
        public_key,
        comment,
      })),
    ],
    diagnostics: agent.diagnostics,
    text: paint =>
      lines.length === 0
        ? 'no keys yet; make one: vnes keys create'
        : lines.map(([name, id, where]) => `${paint.bold(name!)}  ${paint.dim(id!)}  ${where}`).join('\n'),
  };
}

/** What of the user's agent can sign, as --key takes it. Without an agent there is nothing; one that fails is told about. */
async function agentKeys(ports: Ports) {
  if (ports.env.get('SSH_AUTH_SOCK') === undefined) return { keys: [], diagnostics: [] };
  const { AGENT_SCHEME, agentIdentities } = await import('../../trust/ssh/agent-key.ts');
  try {
    const identities = await agentIdentities(ports);
    const keys = identities.flatMap(({ fingerprint, comment, public: key }) =>
      key ? [{ key: AGENT_SCHEME + fingerprint, id: key.id, public_key: key.base64, comment }] : [],
    );
    return { keys, diagnostics: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return {
      keys: [],
      diagnostics: error.diagnostics.map(each => ({ ...each, severity: 'warning' as const })),
    };
  }
}

async function showCommand(
  context: Context,
  [name = 'default']: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { key, ...known } = isElsewhere(name)
    ? { key: (await openKey(context, { ...options, key: name })).public, name }
    : ownKey(name, context.ports);
  const { sshPublicKey } = await import('../../trust/ssh/public-key.ts');
  const { minisignPublicKey } = await import('../../trust/detached/minisign.ts');
  const others = { ssh: sshPublicKey(key), minisign: minisignPublicKey(key) };
  return {
    data: { ...known, keyid: key.id, public_key: key.base64, ...others },
    diagnostics: [],
    text: () =>
      [
        key.pem,
        `name        ${name}`,
        `key id      ${key.id}`,
        `public_key  ${key.base64}`,
        `ssh         ${others.ssh}`,
        `minisign    ${others.minisign}`,
      ].join('\n'),
  };
}

function ownKey(name: string, ports: Ports) {
  const key = findKey(name, ports);
  return { ...facts(key), key: key.public };
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
