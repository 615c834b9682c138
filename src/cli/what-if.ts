import { canonicalJson } from '../base/canonical.ts';
import { warn } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import { brokenInvariants, type Evidence } from '../kernel/invariants/tell.ts';
import type { OutcomeCounts } from '../kernel/tally.ts';
import type { Said } from '../lab/account.ts';
import type { Cost, CostChange } from '../lab/costs.ts';
import { isEmpty } from '../lab/difference.ts';
import { type WhatIf, whatIf } from '../lab/what-if.ts';
import { loadTrust } from '../trust/store.ts';
import type { Context, OptionValues, Paint, Result } from './command.ts';
import { cacheFolder } from './folders.ts';
import { invariantsLine, invariantsOption } from './invariants.ts';
import { recordingFolder } from './recording.ts';
import { trustOptions } from './trust-options.ts';
import { timingOf } from './values.ts';

/** Lines of each kind that are shown to people. */
const SHOWN = 10;

/** What other versions would have done, as a result. Differences are an answer and no failure; a broken invariant is one. */
export async function askWhatIf(
  context: Context,
  shown: string,
  folders: readonly string[],
  options: OptionValues,
): Promise<Result> {
  const { ports } = context;
  const trust = { ...trustOptions(options), capsules: folders };
  const answer = await whatIf({
    dir: recordingFolder(context, shown),
    folders,
    cwd: ports.env.cwd,
    trust: await loadTrust(trust, ports),
    cacheDir: cacheFolder(ports),
    weaker: options['allow-weaker'] === true,
    timing: timingOf(options, ports),
    clock: ports.clock,
    invariants: await invariantsOption(context, options),
    onFrame: frame => context.progress(`frame ${frame}`),
  });
  return {
    data: { recording: shown, ...answer } as unknown as JsonValue,
    diagnostics: [...brokenInvariants(answer.invariants, withNew(folders)), ...refusals(answer, shown)],
    text: paint => lines(answer, paint).join('\n'),
  };
}

function withNew(folders: readonly string[]): Evidence {
  return { file: folders.join(', '), help: () => 'keep the recorded version, or correct the new one' };
}

function refusals({ refused }: WhatIf, shown: string) {
  const [first] = refused;
  if (!first) return [];
  return [
    warn('VNES1102', `${refused.length} recorded inputs do not fit the network with the new versions`, {
      place: { file: shown },
      expected: 'a network that takes the recorded input',
      found: `input ${first.input}: ${first.reason}`,
    }),
  ];
}

function lines({ swaps, difference, costs, invariants }: WhatIf, paint: Paint): readonly string[] {
  const held = invariantsLine(invariants, paint);
  const asked = [
    ...swaps.map(({ id, was, is }) => `${paint.bold(id)} ${is} instead of ${was}`),
    ...(held === undefined ? [] : [`invariants: ${held}`]),
  ];
  const spent = costs.flatMap(each => costLine(each, paint));
  if (isEmpty(difference))
    return [...asked, `${paint.good('the same')}: every event, key and outcome`, ...spent];
  const { added, removed, changed, keys, outcomes } = difference;
  const event = ({ topic, source, input }: Said) => `${topic} by ${source} for ${input}:`;
  return [
    ...asked,
    ...listed('events added', added, each => `+ ${event(each)} ${saying(each)}`, paint),
    ...listed('events removed', removed, each => `- ${event(each)} ${saying(each)}`, paint),
    ...listed(
      'events changed',
      changed,
      ({ was, is }) => `~ ${event(was)} ${saying(was)} -> ${saying(is)}`,
      paint,
    ),
    ...listed('keys changed', keys, ({ key, was, is }) => `~ ${key}: ${value(was)} -> ${value(is)}`, paint),
    ...listed(
      'outcomes changed',
      outcomes,
      ({ capsule, was, is }) => `~ ${capsule}: ${counts(was)} -> ${counts(is)}`,
      paint,
    ),
    ...spent,
  ];
}

/** What a capsule took a delivery; nothing for one that took the same fuel. Time is told beside it and never alone. */
function costLine({ capsule, was, is }: CostChange, paint: Paint): readonly string[] {
  if (!is || (was && perDelivery(was, 'fuel') === perDelivery(is, 'fuel'))) return [];
  const fuel = changed(was && perDelivery(was, 'fuel'), perDelivery(is, 'fuel'), 0);
  const time = changed(was && perDelivery(was, 'milliseconds'), perDelivery(is, 'milliseconds'), 3);
  return [`${paint.bold(capsule)} a delivery: fuel ${fuel}, ${time} ms`];
}

function perDelivery(cost: Cost, what: 'fuel' | 'milliseconds'): number {
  return cost.deliveries === 0 ? 0 : cost[what] / cost.deliveries;
}

function changed(was: number | null, is: number, digits: number): string {
  if (was === null) return is.toFixed(digits);
  const percent = was === 0 ? '' : ` (${is < was ? '' : '+'}${((is / was - 1) * 100).toFixed(1)} %)`;
  return `${was.toFixed(digits)} -> ${is.toFixed(digits)}${percent}`;
}

function listed<T>(
  title: string,
  items: readonly T[],
  line: (item: T) => string,
  paint: Paint,
): readonly string[] {
  if (items.length === 0) return [];
  const rest = items.length - SHOWN;
  return [
    `${items.length} ${title}`,
    ...items.slice(0, SHOWN).map(item => `  ${line(item)}`),
    ...(rest > 0 ? [paint.dim(`  and ${rest} more; --json has them all`)] : []),
  ];
}

function saying({ key, time, payload }: Said): string {
  return `${key === null ? '' : `${JSON.stringify(key)} `}${canonicalJson(payload)} at ${time}`;
}

function value(found: JsonValue | undefined): string {
  return found === undefined ? 'nothing' : canonicalJson(found);
}

function counts(of: OutcomeCounts): string {
  const parts = Object.entries(of).filter(([, count]) => count > 0);
  return parts.map(([name, count]) => `${count} ${name}`).join(', ') || 'nothing';
}
