import type { Environment } from '../base/ports.ts';
import type { OptionSpec } from './command.ts';

export type ColourWhen = 'auto' | 'always' | 'never';
export const COLOUR_WHEN: readonly ColourWhen[] = ['auto', 'always', 'never'];

/** Options that every command takes, before or after its name. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', help: 'print one JSON document on standard output, also on failure' },
  { name: 'color', value: 'WHEN', help: 'use of colour', default: 'auto' },
  { name: 'quiet', short: 'q', help: 'print errors and data only' },
  { name: 'directory', short: 'C', value: 'DIR', help: 'run as if started in DIR' },
  { name: 'help', short: 'h', help: 'show help' },
  { name: 'version', short: 'V', help: 'show the version' },
];

/** How to report, as far as it can be read from any command line, a broken one included. */
export interface ReportStyle {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: ColourWhen;
}

/** Reads {@link ReportStyle} leniently, so that a usage error is reported in the form that was asked for. */
export function reportStyle(argv: readonly string[]): ReportStyle {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const color = words.findLast((word, at) => word.startsWith('--color=') || words[at - 1] === '--color');
  const when = color?.replace('--color=', '');
  return {
    json: words.includes('--json'),
    quiet: words.includes('--quiet') || words.includes('-q'),
    color: COLOUR_WHEN.find(choice => choice === when) ?? 'auto',
  };
}

/** Whether to colour a stream (https://no-color.org, https://force-color.org). */
export function wantsColour(when: ColourWhen, env: Environment, isTerminal: () => boolean): boolean {
  if (when !== 'auto') return when === 'always';
  if (env.get('NO_COLOR')) return false;
  const force = env.get('FORCE_COLOR');
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return env.get('TERM') !== 'dumb' && isTerminal();
}
