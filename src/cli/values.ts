import { fail } from '../base/diagnostic.ts';
import type { Ports } from '../base/ports.ts';
import { disturbed, type Timing, UNDISTURBED } from '../kernel/timing.ts';
import type { OptionSpec, OptionValues } from './command.ts';

/** A point of a recording (state/point.ts). */
export const AT: OptionSpec = {
  name: 'at',
  value: 'POINT',
  help: "an event's number, topic/partition/offset, frame:N, a time in UTC, start or end",
  default: 'end',
};

/** An option's text, if it was given one. */
export function text(value: OptionValues[string]): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** An option that may be given several times; none when it was not. */
export function texts(value: OptionValues[string]): readonly string[] {
  return Array.isArray(value) ? (value as readonly string[]) : typeof value === 'string' ? [value] : [];
}

/** A whole number from 1. @throws Failure VNES9006 */
export function positiveInteger(name: string, options: OptionValues, otherwise: number): number {
  const written = text(options[name]);
  if (written === undefined) return otherwise;
  if (/^[1-9][0-9]{0,8}$/.test(written)) return Number(written);
  return fail('VNES9006', `--${name} is not a usable number`, {
    expected: 'a whole number from 1',
    found: written,
  });
}

/** How workers are timed: as fast as they go, or disturbed by `--timing-seed`. */
export function timingOf(options: OptionValues, { clock }: Ports): Timing {
  const seed = text(options['timing-seed']);
  return seed === undefined ? UNDISTURBED : disturbed(seed, clock);
}

/** A whole number from `least`; undefined when the option was not given. @throws Failure VNES9006 */
export function wholeNumber(name: string, least: 0 | 1, options: OptionValues): number | undefined {
  const written = text(options[name]);
  if (written === undefined) return undefined;
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(written) && Number(written) >= least) return Number(written);
  return fail('VNES9006', `--${name} is not a usable number`, {
    expected: `a whole number from ${least}`,
    found: written,
  });
}
