import { fail } from '../base/diagnostic.ts';
import type { Context, OptionValues } from './command.ts';
import { readNamed } from './files.ts';

/**
 * A passphrase from the file of `--passphrase-file`, or from the terminal if there is one.
 * @throws Failure VNES2034 when there is neither, or when it is empty.
 */
export async function passphrase(
  context: Context,
  options: OptionValues,
  prompt: string,
  help: string,
): Promise<string> {
  const file = options['passphrase-file'];
  const given = typeof file === 'string' ? await fromFile(context, file) : await context.secret(prompt);
  if (given !== undefined && given !== '') return given;
  return fail(
    'VNES2034',
    given === '' ? 'the passphrase is empty' : 'a passphrase is needed, and there is no terminal to ask on',
    {
      expected: '--passphrase-file FILE, or a terminal',
      found: given === '' ? 'an empty passphrase' : 'neither',
      help,
    },
  );
}

/** The file's text without the line end that editors add. */
async function fromFile(context: Context, file: string): Promise<string> {
  const { bytes } = await readNamed(context, file);
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
