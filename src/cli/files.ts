import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import type { Context } from './command.ts';

/** A file that the user named, or standard input for `-`. */
export interface NamedBytes {
  /** As diagnostics call it. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads what an option names. @throws Failure VNES1010 */
export async function readNamed(context: Context, name: string): Promise<NamedBytes> {
  if (name === '-') return { name: '(standard input)', bytes: await context.stdin() };
  try {
    return { name, bytes: readFileSync(resolve(context.ports.env.cwd, name)) };
  } catch (error) {
    return fail('VNES1010', 'the file cannot be read', {
      place: { file: name },
      expected: 'a readable file',
      found: (error as NodeJS.ErrnoException).code ?? 'an error',
    });
  }
}
