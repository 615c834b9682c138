import { Failure } from '../../base/diagnostic.ts';
import { KeptBytes } from '../../kernel/quarantine/bytes.ts';
import { type Difference, differenceOf } from '../../kernel/quarantine/difference.ts';
import type { CapsuleRecord } from '../../kernel/quarantine/model.ts';
import { remediesOf } from '../../registry/repair/remedies.ts';
import { Sources } from '../../registry/repair/sources.ts';
import type { Remedy } from '../../trust/remedy/model.ts';
import type { Context, OptionValues } from '../command.ts';
import { quarantineFolder } from '../folders.ts';
import { optionsAgain } from '../remedies.ts';
import { trustFor } from './choose.ts';

/** What takes a look at more than the record itself. */
export interface Details {
  /** What changed since the capsule was last admitted; absent when it never was. */
  readonly difference?: Difference | undefined;
  /** The fewest steps that would admit it under the present trust; absent for one that is admitted, or that nothing helps. */
  readonly remedy?: Remedy | undefined;
}

/** Compares a capsule with what was last admitted, and works out what would release it. */
export async function detailsOf(
  context: Context,
  record: CapsuleRecord,
  options: OptionValues,
): Promise<Details> {
  const { now, lastAdmitted } = record;
  const bytes = new KeptBytes(quarantineFolder(context.ports));
  const difference =
    lastAdmitted && (await differenceOf(lastAdmitted.content, now.content, digest => bytes.read(digest)));
  return { difference, remedy: now.verdict.admitted ? undefined : await remedyFor(context, record, options) };
}

/** What is told without it if the trust files cannot be read: those who repair them ask for a verdict then. */
async function remedyFor(
  context: Context,
  record: CapsuleRecord,
  options: OptionValues,
): Promise<Remedy | undefined> {
  const sources = await Sources.open(context.ports);
  try {
    const verdict = { ...record.now.verdict, folder: record.now.folder };
    const trust = await trustFor(context, [record], options);
    const asked = { trust, ports: context.ports, sources, options: optionsAgain(options) };
    return (await remediesOf([verdict], asked)).get(verdict);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  } finally {
    sources.close();
  }
}
