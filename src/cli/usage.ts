import { Argument, Command, CommanderError, Option } from 'commander';
import type { Code } from '../base/codes/all.ts';
import { fail } from '../base/diagnostic.ts';
import type { ArgumentSpec, CommandSpec, OptionSpec, OptionValues } from './command.ts';
import { COMMANDS } from './commands.ts';
import { COLOUR_WHEN, GLOBAL_OPTIONS } from './globals.ts';
import { firstWord, type Invocation } from './parse.ts';

export interface Help {
  readonly help: string;
}

const CODES: Readonly<Record<string, Code>> = {
  'commander.unknownCommand': 'VNES9001',
  'commander.unknownOption': 'VNES9003',
  'commander.missingArgument': 'VNES9004',
  'commander.excessArguments': 'VNES9005',
  'commander.optionMissingArgument': 'VNES9006',
  'commander.invalidArgument': 'VNES9006',
  'commander.help': 'VNES9002',
};

const OUTPUT = {
  writeErr: () => {},
  getOutHelpWidth: () => 100,
  getErrHelpWidth: () => 100,
  getOutHasColors: () => false,
} as const;

const EXIT_STATUSES = `
Exit status:
  0 positive verdict    1 negative verdict    2 bad usage or unreadable input    3 a bug in vnes
  4 something is missing here    5 a limit was hit    20 a capsule failed    130, 143 interrupted`;

/**
 * Parses any command line with commander: help, and what {@link import('./parse.ts').parseFast} leaves.
 * @throws Failure VNES9001 to VNES9006
 */
export async function parseWithCommander(argv: readonly string[]): Promise<Invocation | Help> {
  let help = '';
  let found: Invocation | undefined;
  const program = await createProgram(argv, {
    help: text => {
      help += text;
    },
    found: invocation => {
      found = invocation;
    },
  });
  try {
    await program.parseAsync(normalise(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (help === '') refuse(error, program);
  }
  if (help !== '') return { help };
  return found ?? fail('VNES9002', 'a command is missing', { help: 'run vnes --help' });
}

function refuse(error: CommanderError, program: Command): never {
  const message = error.code === 'commander.help' ? 'a command is missing' : error.message;
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const hint = rest.join(' ').match(/Did you mean (.*)\?/)?.[1];
  const word = firstWord(program.args).word;
  const more = word !== undefined && Object.hasOwn(COMMANDS, word) ? `vnes ${word} --help` : 'vnes --help';
  fail(CODES[error.code] ?? 'VNES9002', first, {
    help: hint === undefined ? `run ${more}` : `did you mean ${hint}? Otherwise run ${more}`,
  });
}

/** Where commander's findings go, instead of to the terminal. */
interface Sink {
  help(text: string): void;
  found(invocation: Invocation): void;
}

async function createProgram(argv: readonly string[], sink: Sink): Promise<Command> {
  // Set up before the commands below are added, because each of them copies its settings from here.
  const program = new Command('vnes')
    .configureOutput({ ...OUTPUT, writeOut: sink.help })
    .description('Scaffold, build, sign, verify, resolve, run and replay capsules.')
    .exitOverride()
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXIT_STATUSES);
  for (const option of GLOBAL_OPTIONS) if (option.name !== 'help') program.addOption(toOption(option));
  const called = calledCommand(argv);
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const child = program.command(name).description(entry.summary);
    if (name === called) define(child, name, await entry.load(), sink);
  }
  return program;
}

/** `help x` as `x --help`; and an unknown command alone, since commander would answer its `--help` with the overview. */
function normalise(argv: readonly string[]): string[] {
  const { word, rest } = firstWord(argv);
  const called = calledCommand(argv);
  if (called !== undefined && !Object.hasOwn(COMMANDS, called)) return [called];
  return word === 'help' ? [...rest, '--help'] : [...argv];
}

/** The command whose options matter: the first word, or the one after `help`. */
function calledCommand(argv: readonly string[]): string | undefined {
  const { word, rest } = firstWord(argv);
  return word === 'help' ? firstWord(rest).word : word;
}

function define(command: Command, name: string, spec: CommandSpec, sink: Sink): void {
  command.description(spec.summary);
  for (const argument of spec.arguments) command.addArgument(toArgument(argument));
  for (const option of spec.options) command.addOption(toOption(option));
  if (spec.examples.length > 0) {
    command.addHelpText('after', `\nExamples:\n${spec.examples.map(each => `  ${each}`).join('\n')}`);
  }
  for (const below of spec.commands ?? [])
    define(command.command(below.name), `${name} ${below.name}`, below, sink);
  if (spec.commands) return;
  command.allowExcessArguments(false).action(() => {
    sink.found({ name, spec, args: command.args, options: optionValues(command, spec) });
  });
}

function toArgument({ name, help, required, variadic }: ArgumentSpec): Argument {
  const dotted = variadic ? `${name}...` : name;
  return new Argument(required ? `<${dotted}>` : `[${dotted}]`, help);
}

function toOption(spec: OptionSpec): Option {
  const long = spec.value === undefined ? `--${spec.name}` : `--${spec.name} <${spec.value}>`;
  const option = new Option(spec.short === undefined ? long : `-${spec.short}, ${long}`, spec.help);
  if (spec.name === 'color') option.choices(COLOUR_WHEN);
  if (spec.multiple) option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
  if (spec.default !== undefined) option.default(spec.multiple ? undefined : spec.default, spec.default);
  return option;
}

/** Commander's values under the names of the specification. It stores `--no-x` as x: false, and names in camel case. */
function optionValues(command: Command, spec: CommandSpec): OptionValues {
  const values = command.optsWithGlobals() as Record<string, string | boolean | string[] | undefined>;
  return Object.fromEntries(
    [...GLOBAL_OPTIONS, ...spec.options].map(option => {
      const value = values[toOption(option).attributeName()];
      const stored = option.name.startsWith('no-') ? value === false : value;
      return [option.name, stored ?? (option.multiple && option.default ? [option.default] : undefined)];
    }),
  );
}
