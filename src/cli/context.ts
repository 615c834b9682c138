import type { Ports } from '../base/ports.ts';
import type { Context } from './command.ts';
import { assetFolder } from './home.ts';
import { writeAll } from './output.ts';
import type { Parting } from './parting.ts';
import type { Progress } from './progress.ts';
import { escapeControls } from './render/escape.ts';
import type { Takeover } from './takeover.ts';
import { isTerminal } from './terminal.ts';

/** What a command gets of the terminal and of this installation. */
export function createContext(
  ports: Ports,
  progress: Progress,
  takeover: Takeover,
  parting: Parting,
): Context {
  return {
    ports,
    progress: message => progress.report(message),
    line: text => {
      progress.end();
      return writeAll(1, `${isTerminal(1) ? escapeControls(text) : text}\n`);
    },
    stdin: readStandardInput,
    secret: async prompt => {
      if (!isTerminal(0) || !isTerminal(2)) return undefined;
      progress.end();
      const { askSecret } = await import('./prompt.ts');
      return askSecret(prompt);
    },
    takeScreen: giveBack => {
      progress.end();
      takeover.begin(giveBack);
    },
    whenStopped: next => {
      parting.next = next;
    },
    asset: assetFolder,
  };
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
