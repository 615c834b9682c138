import { openPrivateKey, readPrivateKey } from '../trust/key-folder.ts';
import type { Signer } from '../trust/signer.ts';
import type { Context, OptionSpec, OptionValues } from './command.ts';
import { PASSPHRASE_OPTIONS, passphrase } from './passphrase.ts';

/** The options of every command that signs. */
export const KEY_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'key',
    short: 'k',
    value: 'KEY',
    help: 'key to sign with: NAME, FILE, ssh-agent:FINGERPRINT or pkcs11:...; by default the one named default, or the only one',
  },
  ...PASSPHRASE_OPTIONS,
];

type Source = (key: string, context: Context, options: OptionValues) => Promise<Signer>;

/** Where a key may be kept other than in a file, by what its name begins with. */
const SOURCES: Readonly<Record<string, Source>> = {
  'ssh-agent:': async (key, { ports }) => {
    const { AGENT_SCHEME, agentSigner } = await import('../trust/ssh/agent-key.ts');
    return agentSigner(key.slice(AGENT_SCHEME.length), ports);
  },
  'pkcs11:': async (key, context, options) => {
    const { tokenSigner } = await import('../trust/token/token-key.ts');
    const help = 'give it with --passphrase-file FILE';
    return tokenSigner(
      key,
      token => passphrase(context, options, `PIN of the token ${token}: `, help),
      context.ports,
    );
  },
};

/** Whether a key is named as one that is kept elsewhere than in a file. */
export function isElsewhere(key: string): boolean {
  return sourceOf(key) !== undefined;
}

function sourceOf(key: string): Source | undefined {
  return Object.entries(SOURCES).find(([scheme]) => key.startsWith(scheme))?.[1];
}

/** The key of `--key`, opened. @throws Failure VNES2031 to VNES2042, and what {@link passphrase} throws. */
export async function openKey(context: Context, options: OptionValues): Promise<Signer> {
  const key = typeof options.key === 'string' ? options.key : undefined;
  const source = key === undefined ? undefined : sourceOf(key);
  if (key === undefined || !source) return openFile(key, context, options);
  return announced(await source(key, context, options), context);
}

/** Says what is waited for: somebody may have to confirm, or to touch the token. */
function announced({ public: publicKey, name, sign }: Signer, { progress }: Context): Signer {
  return {
    public: publicKey,
    name,
    sign: message => {
      progress(`waiting for the signature of ${name}`);
      return sign(message);
    },
  };
}

async function openFile(key: string | undefined, context: Context, options: OptionValues): Promise<Signer> {
  const file = readPrivateKey(key, context.ports);
  if (!file.encrypted) return openPrivateKey(file, undefined);
  const help = 'give it with --passphrase-file FILE';
  return openPrivateKey(file, await passphrase(context, options, `Passphrase for ${file.file}: `, help));
}
