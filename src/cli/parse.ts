import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { CommandSpec, OptionSpec, OptionValues } from './command.ts';
import { COMMANDS } from './commands.ts';
import { COLOUR_WHEN, GLOBAL_OPTIONS } from './globals.ts';

/** A command line that is understood. */
export interface Invocation {
  /** The command's words, such as `state get`. */
  readonly name: string;
  readonly spec: CommandSpec;
  readonly args: readonly string[];
  readonly options: OptionValues;
}

const VALUED = new Set(GLOBAL_OPTIONS.filter(option => option.value).flatMap(names));

/**
 * Parses a well-formed command line with what Node has built in. Anything else, help included, gives undefined and is left
 * to commander, which costs 15 ms to load and answers in detail.
 */
export async function parseFast(argv: readonly string[]): Promise<Invocation | undefined> {
  const { word, rest } = firstWord(argv);
  const entry = word !== undefined && Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (!entry) return undefined;
  return parseCommand(word!, await entry.load(), rest);
}

function parseCommand(name: string, spec: CommandSpec, argv: readonly string[]): Invocation | undefined {
  if (!spec.commands) return parseWords(name, spec, argv);
  const { word, rest } = firstWord(argv);
  const below = spec.commands.find(command => command.name === word);
  return below && parseCommand(`${name} ${below.name}`, below, rest);
}

/** Takes the first word that is neither an option nor the value of a global option. */
export function firstWord(argv: readonly string[]): { word: string | undefined; rest: readonly string[] } {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at]!;
    if (word === '--') break;
    if (VALUED.has(word)) at += 1;
    else if (!word.startsWith('-')) return { word, rest: argv.toSpliced(at, 1) };
  }
  return { word: undefined, rest: argv };
}

function parseWords(name: string, spec: CommandSpec, argv: readonly string[]): Invocation | undefined {
  const parsed = tryParseArgs(argv, [...GLOBAL_OPTIONS, ...spec.options]);
  if (!parsed || parsed.values.help || parsed.values.version) return undefined;
  if (!COLOUR_WHEN.some(when => when === parsed.values.color)) return undefined;
  return fits(spec, parsed.positionals.length)
    ? { name, spec, args: parsed.positionals, options: parsed.values as OptionValues }
    : undefined;
}

function tryParseArgs(argv: readonly string[], options: readonly OptionSpec[]) {
  try {
    return parseArgs({ args: [...argv], options: toParseArgs(options), allowPositionals: true });
  } catch {
    return undefined;
  }
}

function toParseArgs(options: readonly OptionSpec[]): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(
    options.map(({ name, short, value, multiple = false, default: fallback }) => [
      name,
      {
        type: value ? ('string' as const) : ('boolean' as const),
        multiple,
        ...(short !== undefined && { short }),
        ...(fallback !== undefined && { default: multiple ? [fallback] : fallback }),
      },
    ]),
  );
}

function fits(spec: CommandSpec, count: number): boolean {
  const least = spec.arguments.filter(argument => argument.required).length;
  const most = spec.arguments.some(argument => argument.variadic)
    ? Number.POSITIVE_INFINITY
    : spec.arguments.length;
  return count >= least && count <= most;
}

function names(option: OptionSpec): string[] {
  return option.short === undefined ? [`--${option.name}`] : [`--${option.name}`, `-${option.short}`];
}
