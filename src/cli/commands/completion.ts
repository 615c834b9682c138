import { fail } from '../../base/diagnostic.ts';
import type { CommandSpec, CommandTable, Result } from '../command.ts';
import { type CompletionTable, SHELLS } from '../completion/shells.ts';
import { GLOBAL_OPTIONS } from '../globals.ts';

/** The command, which offers all of `commands`. */
export function completionCommand(commands: CommandTable): CommandSpec {
  return {
    name: 'completion',
    summary: 'print a completion script for a shell',
    arguments: [{ name: 'shell', help: 'bash, zsh or fish', required: true }],
    options: [],
    examples: [
      'vnes completion bash > ~/.local/share/bash-completion/completions/vnes',
      'vnes completion fish > ~/.config/fish/completions/vnes.fish',
    ],
    run: async (_, [shell]) => complete(shell ?? '', commands),
  };
}

async function complete(shell: string, commands: CommandTable): Promise<Result> {
  const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (!write) {
    return fail('VNES9011', `there is no completion for the shell ${shell}`, {
      expected: Object.keys(SHELLS).join(', '),
    });
  }
  const script = write(await completionTable(commands));
  return { data: { shell, script }, diagnostics: [], text: () => script };
}

/** All words and options, read from the commands themselves. */
async function completionTable(commands: CommandTable): Promise<CompletionTable> {
  const specs = await Promise.all(Object.values(commands).map(entry => entry.load()));
  return {
    commands: specs.map(spec => ({
      name: spec.name,
      summary: spec.summary,
      words: spec.commands?.map(below => below.name) ?? [],
      options: [spec, ...(spec.commands ?? [])].flatMap(each => each.options),
    })),
    globals: GLOBAL_OPTIONS,
  };
}
