import { canonicalJson } from '../base/canonical.ts';
import type { JsonValue } from '../base/json.ts';
import type { BranchDifference, EventDifference, Side } from '../lab/branch-diff.ts';
import { END } from '../state/point.ts';
import type { Paint } from './command.ts';

/** Lines of each kind that are shown to people. */
const SHOWN = 10;

/** In what two recordings differ, for people. */
export function differenceLines(
  a: string,
  b: string,
  { parting, a: left, b: right, keys, events }: BranchDifference,
  paint: Paint,
): readonly string[] {
  return [
    ...sideLines(a, left, paint),
    ...sideLines(b, right, paint),
    partingLine(parting),
    ...listed(
      'keys differ',
      keys.map(({ key, a: was, b: is }) => `${key}: ${paint.bad(value(was))} -> ${paint.good(value(is))}`),
      paint,
    ),
    ...listed(
      'events differ',
      events.map(event => eventLine(event, paint)),
      paint,
    ),
  ];
}

function sideLines(name: string, { frames, events, logRoot, stateRoot }: Side, paint: Paint): string[] {
  return [
    `${paint.bold(name)} ${frames} frames, ${events} events`,
    `  ${paint.dim('log root  ')} ${logRoot}`,
    `  ${paint.dim('state root')} ${stateRoot}`,
  ];
}

function partingLine(parting: BranchDifference['parting']): string {
  if (!parting) return 'they do not go back to one recording';
  if (parting.frames === END.frame) return 'they are one recording';
  return `they part after ${parting.frames} frames, ${parting.events} events`;
}

function eventLine({ topic, partition, offset, a, b }: EventDifference, paint: Paint): string {
  return `${topic}/${partition}/${offset}: ${paint.bad(said(a))} -> ${paint.good(said(b))}`;
}

function said(told: EventDifference['a']): string {
  return told ? `${canonicalJson(told.payload)} at ${told.time}` : 'nothing';
}

function value(found: JsonValue | undefined): string {
  return found === undefined ? 'nothing' : canonicalJson(found);
}

function listed(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  if (lines.length === 0) return [`${paint.good('no')} ${title}`];
  const rest = lines.length - SHOWN;
  return [
    `${lines.length} ${title}`,
    ...lines.slice(0, SHOWN).map(line => `  ${line}`),
    ...(rest > 0 ? [paint.dim(`  and ${rest} more; --json has them all`)] : []),
  ];
}
