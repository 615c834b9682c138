import { type Diagnostic, warn } from '../base/diagnostic.ts';
import type { LoadedCapsule } from '../kernel/binding.ts';
import type { OptionSpec } from './command.ts';

/** Nothing is run in less than its zone asks for unless this is given. */
export const WEAKER_OPTION: OptionSpec = {
  name: 'allow-weaker',
  help: 'where a sandbox is missing, run capsules below D0 in the strongest one there is; it is recorded',
};

/** One warning for each capsule that ran so. */
export function weakenedCapsules(capsules: readonly LoadedCapsule[]): readonly Diagnostic[] {
  return capsules.flatMap(({ manifest, zone, weakened }) =>
    weakened === undefined
      ? []
      : [
          warn('VNES5011', `${manifest.id} ran in less isolation than its zone asks for`, {
            expected: `what the zone ${zone} asks for`,
            found: RUNGS[weakened] ?? weakened,
          }),
        ],
  );
}

const RUNGS: Readonly<Record<string, string>> = {
  guarded: 'a process under Node’s permission model alone',
  process: 'a process that is confined by bubblewrap',
};
