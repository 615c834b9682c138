import { readFileSync } from 'node:fs';
import { fail } from '../base/diagnostic.ts';
import type { Context, OptionSpec, OptionValues } from './command.ts';
import { readNamed } from './files.ts';

/** Where a passphrase may come from. It is never an argument, which every user of the machine could read. */
export const PASSPHRASE_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'passphrase-file',
    value: 'FILE',
    help: 'read the passphrase or PIN of the key from FILE; - reads standard input',
  },
  { name: 'passphrase-fd', value: 'N', help: 'read it from the open descriptor N' },
];

/**
 * A passphrase from the file or the descriptor of the options, or from the terminal if there is one.
 * @throws Failure VNES2034 when there is none of them, when there are two, or when it is empty; VNES1010.
 */
export async function passphrase(
  context: Context,
  options: OptionValues,
  prompt: string,
  help: string,
): Promise<string> {
  const given = await chosen(context, options, prompt);
  if (given !== undefined && given !== '') return given;
  return fail(
    'VNES2034',
    given === '' ? 'the passphrase is empty' : 'a passphrase is needed, and there is no terminal to ask on',
    {
      expected: '--passphrase-file FILE, --passphrase-fd N, or a terminal',
      found: given === '' ? 'an empty passphrase' : 'none of them',
      help,
    },
  );
}

/** Whether the options name a place to read a passphrase from. */
export function namesPassphrase(options: OptionValues): boolean {
  return PASSPHRASE_OPTIONS.some(({ name }) => options[name] !== undefined);
}

async function chosen(context: Context, options: OptionValues, prompt: string): Promise<string | undefined> {
  const { 'passphrase-file': file, 'passphrase-fd': descriptor } = options;
  if (file !== undefined && descriptor !== undefined) {
    fail('VNES2034', '--passphrase-file and --passphrase-fd contradict each other', {
      expected: 'one of the two',
    });
  }
  if (typeof file === 'string') return text((await readNamed(context, file)).bytes);
  if (typeof descriptor === 'string') return text(readDescriptor(descriptor));
  return context.secret(prompt);
}

/** Without the line end that editors add. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** What comes from an open descriptor, to its end. Standard output and standard error are none to read from. */
function readDescriptor(written: string): Uint8Array {
  if (!/^(?:0|[3-9]|[1-9][0-9]{1,3})$/.test(written)) {
    fail('VNES9006', '--passphrase-fd is not a usable number', {
      expected: '0, or a descriptor from 3',
      found: written,
    });
  }
  try {
    return readFileSync(Number(written));
  } catch (error) {
    return fail('VNES1010', 'the descriptor cannot be read', {
      place: { file: `descriptor ${written}` },
      expected: 'an open descriptor',
      found: (error as NodeJS.ErrnoException).code ?? 'an error',
      help: `open it in the shell: ${written}< FILE`,
    });
  }
}
