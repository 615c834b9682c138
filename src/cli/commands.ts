import type { CommandSpec } from './command.ts';

/** A command as the overview knows it, without loading its code. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<CommandSpec>;
}

/** Every command, in the order in which an author meets them. Each is loaded only when it is called. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  explain: {
    summary: 'explain a diagnostic code',
    load: async () => (await import('./commands/explain.ts')).command,
  },
  completion: {
    summary: 'print a completion script for a shell',
    load: async () => (await import('./commands/completion.ts')).command,
  },
};
