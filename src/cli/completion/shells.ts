import type { OptionSpec } from '../command.ts';

export interface CompletionTable {
  readonly commands: readonly CompletionCommand[];
  readonly globals: readonly OptionSpec[];
}

export interface CompletionCommand {
  readonly name: string;
  readonly summary: string;
  /** Commands below this one. */
  readonly words: readonly string[];
  readonly options: readonly OptionSpec[];
}

/** A script for each shell. Where no word fits, the shell completes paths. */
export const SHELLS: Readonly<Record<string, (table: CompletionTable) => string>> = {
  bash: bashScript,
  zsh: table => `#compdef vnes\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(table)}`,
  fish: fishScript,
};

function bashScript(table: CompletionTable): string {
  const globals = optionWords(table.globals);
  const cases = table.commands.map(
    ({ name, words, options }) =>
      `    ${name}) words='${[...words, ...optionWords(options), ...globals].join(' ')}' ;;`,
  );
  return `_vnes() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words='${[...table.commands.map(each => each.name), ...globals].join(' ')}' ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${[...table.commands.map(each => each.name), ...globals].join(' ')}'
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o bashdefault -o default -F _vnes vnes`;
}

function fishScript(table: CompletionTable): string {
  const lines = table.commands.flatMap(({ name, summary, words, options }) => [
    `complete -c vnes -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
    ...words.map(word => `complete -c vnes -n '__fish_seen_subcommand_from ${name}' -a ${word}`),
    ...options.map(
      option => `complete -c vnes -n '__fish_seen_subcommand_from ${name}' ${fishOption(option)}`,
    ),
  ]);
  return [...lines, ...table.globals.map(option => `complete -c vnes ${fishOption(option)}`)].join('\n');
}

function fishOption({ name, short, value, help }: OptionSpec): string {
  const words = [
    `-l ${name}`,
    ...(short ? [`-s ${short}`] : []),
    ...(value ? ['-r'] : []),
    `-d ${quote(help)}`,
  ];
  return words.join(' ');
}

function optionWords(options: readonly OptionSpec[]): string[] {
  return options.map(option => `--${option.name}`);
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
