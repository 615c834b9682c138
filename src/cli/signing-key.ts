import { openPrivateKey, readPrivateKey } from '../trust/key-folder.ts';
import type { Signer } from '../trust/signer.ts';
import type { Context, OptionSpec, OptionValues } from './command.ts';
import { passphrase } from './passphrase.ts';

/** The options of every command that signs. */
export const KEY_OPTIONS: readonly OptionSpec[] = [
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
];

/** The key of `--key`, opened. @throws Failure VNES2031, VNES2032, VNES2034 */
export async function openKey(context: Context, options: OptionValues): Promise<Signer> {
  const file = readPrivateKey(typeof options.key === 'string' ? options.key : undefined, context.ports);
  if (!file.encrypted) return openPrivateKey(file, undefined);
  const help = 'give it with --passphrase-file FILE';
  return openPrivateKey(file, await passphrase(context, options, `Passphrase for ${file.file}: `, help));
}
