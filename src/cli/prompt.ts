import { StringDecoder } from 'node:string_decoder';
import { writeAll } from './output.ts';

const INTERRUPT = '\u0003';
const END_OF_INPUT = '\u0004';
const ENDS: ReadonlySet<string> = new Set(['\r', '\n', END_OF_INPUT]);
const ERASES: ReadonlySet<string> = new Set(['\u007f', '\b']);

/** Asks for a secret on the terminal and does not echo it. Control-C is passed on as an interrupt. */
export async function askSecret(prompt: string): Promise<string | undefined> {
  const input = process.stdin;
  writeAll(2, prompt);
  input.setRawMode(true);
  try {
    return await readSecret(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    writeAll(2, '\n');
  }
}

async function readSecret(input: NodeJS.ReadStream): Promise<string | undefined> {
  const decoder = new StringDecoder('utf8');
  const typed: string[] = [];
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    for (const character of decoder.write(chunk as Buffer)) {
      if (character === INTERRUPT) {
        process.kill(process.pid, 'SIGINT');
        return undefined;
      }
      if (ENDS.has(character)) return typed.join('');
      if (ERASES.has(character)) typed.pop();
      else typed.push(character);
    }
  }
  return undefined;
}
