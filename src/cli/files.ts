import { accessSync, constants, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
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
    const path = resolve(context.ports.env.cwd, name);
    const pipe = statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
    return { name, bytes: pipe ? await readPipe(path) : readFileSync(path) };
  } catch (error) {
    return fail('VNES1010', 'the file cannot be read', {
      place: { file: name },
      expected: 'a readable file',
      found: (error as NodeJS.ErrnoException).code ?? 'an error',
    });
  }
}

/** All that comes out of a pipe. Unlike the calls for files, this can be interrupted while nobody writes. */
async function readPipe(path: string): Promise<Uint8Array> {
  const { Socket } = await import('node:net');
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const chunks: Uint8Array[] = [];
  for await (const chunk of new Socket({ fd, readable: true, writable: false })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * Says that a file cannot be written before the work whose result it shall hold, and without touching it.
 * @throws Failure VNES1012
 */
export function refuseUnwritable(context: Context, name: string): void {
  writing(name, () => {
    const path = resolve(context.ports.env.cwd, name);
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'a folder' });
    accessSync(there ? path : dirname(path), constants.W_OK);
  });
}

/** Writes what an option names. @throws Failure VNES1012 */
export function writeNamed(context: Context, name: string, content: string): void {
  writing(name, () => writeFileSync(resolve(context.ports.env.cwd, name), content));
}

function writing(name: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    fail('VNES1012', 'the file cannot be written', {
      place: { file: name },
      expected: 'a file in a folder that can be written',
      found: (error as NodeJS.ErrnoException).code ?? 'an error',
    });
  }
}
