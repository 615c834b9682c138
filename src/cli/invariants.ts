import { type InvariantsFile, prepareInvariants } from '../kernel/invariants/prepare.ts';
import type { Evidence } from '../kernel/invariants/tell.ts';
import type { InvariantVerdict } from '../kernel/invariants/watch.ts';
import type { Context, OptionSpec, OptionValues, Paint } from './command.ts';
import { readNamed } from './files.ts';
import { text } from './values.ts';

export const INVARIANTS_OPTION: OptionSpec = {
  name: 'invariants',
  value: 'FILE',
  help: 'check these invariants besides those of the capsules',
};

/** The file that the option names, with every expression tried. @throws Failure VNES1010, VNES1011, VNES8203 */
export async function invariantsOption(
  context: Context,
  options: OptionValues,
): Promise<InvariantsFile | undefined> {
  const name = text(options.invariants);
  if (name === undefined) return undefined;
  const { parseInvariants } = await import('../kernel/invariants/file.ts');
  const file = parseInvariants((await readNamed(context, name)).bytes, name);
  await prepareInvariants([], file);
  return file;
}

/** One line about all of them; none where nothing was declared. */
export function invariantsLine(verdicts: readonly InvariantVerdict[], paint: Paint): string | undefined {
  if (verdicts.length === 0) return undefined;
  const broken = verdicts.filter(({ holds }) => holds === false);
  const unasked = verdicts.filter(({ holds }) => holds === null).length;
  const rest = unasked > 0 ? `, ${unasked} not asked before the end` : '';
  if (broken.length === 0) return `${paint.good(`${verdicts.length - unasked} hold`)}${rest}`;
  const names = broken.map(({ name }) => name).join(', ');
  return `${paint.bad(`${broken.length} of ${verdicts.length} broken`)}: ${names}${rest}`;
}

/** Where a recording shows what broke an invariant. */
export function evidence(shown: string): Evidence {
  return {
    file: shown,
    help: ({ frame, event }) =>
      `what that frame changed: vnes state diff ${shown} --at ${frame === 0 ? 'start' : `frame:${frame - 1}`} --to frame:${frame}; the event: vnes bus log ${shown} --from ${event} --limit 1`,
  };
}
