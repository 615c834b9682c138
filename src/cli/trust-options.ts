import type { TrustOptions } from '../trust/store.ts';
import type { OptionSpec, OptionValues } from './command.ts';
import { NOW_OPTION, timeOption } from './time-option.ts';

/** The options of every command that decides about capsules: who is trusted, what is asked, what is let pass, and when. */
export const TRUST_OPTIONS: readonly OptionSpec[] = [
  { name: 'trust', value: 'FILE', help: "trust file to use instead of the repository's and your own" },
  { name: 'policy', value: 'FILE', help: 'policy to use instead of the one beside the trust file' },
  { name: 'waivers', value: 'FILE', help: 'waivers to use instead of those beside the trust file' },
  NOW_OPTION,
];

/** What {@link TRUST_OPTIONS} say. @throws Failure VNES9006 */
export function trustOptions(options: OptionValues): Omit<TrustOptions, 'capsules'> {
  const [file, policy, waivers] = ['trust', 'policy', 'waivers'].map(name => {
    const value = options[name];
    return typeof value === 'string' ? value : undefined;
  });
  return { file, policy, waivers, now: timeOption(options) };
}
