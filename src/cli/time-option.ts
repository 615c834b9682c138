import { fail } from '../base/diagnostic.ts';
import { parseUtc } from '../base/time.ts';
import type { OptionSpec, OptionValues } from './command.ts';

/** The time that expiry is held against, as an input: the same question has the same answer whenever it is asked. */
export const NOW_OPTION: OptionSpec = {
  name: 'now',
  value: 'TIME',
  help: 'time that expiry is held against, such as 2027-01-31T00:00:00Z; by default the present',
};

/** The time of an option in milliseconds since 1970, or undefined when it was not given. @throws Failure VNES9006 */
export function timeOption(options: OptionValues, name = 'now'): number | undefined {
  const written = options[name];
  if (typeof written !== 'string') return undefined;
  const time = parseUtc(written);
  if (time !== undefined) return time;
  return fail('VNES9006', `--${name} is not a usable time`, {
    expected: 'a time in UTC such as 2027-01-31T00:00:00Z (RFC 3339)',
    found: written,
  });
}
