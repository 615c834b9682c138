import type { Mishap } from '../sandbox/contract.ts';
import type { Decision } from '../store/record.ts';

const KINDS = ['revived', 'abandoned'] as const satisfies readonly Mishap['kind'][];

/** What befell a capsule in a frame, for the frame's record: one decision for each kind. Only with these can a replay do the same. */
export function befallen(capsule: string, mishaps: readonly Mishap[]): Decision[] {
  return KINDS.flatMap(kind => {
    const of = mishaps.filter(mishap => mishap.kind === kind);
    const detail = { events: of.map(({ event }) => event), reasons: of.map(({ reason }) => reason) };
    return of.length === 0 ? [] : [{ kind, capsule, detail }];
  });
}

/** What a frame's decisions say of that. */
export function mishapsIn(
  decisions: readonly Decision[],
): readonly (Mishap & { readonly capsule: string })[] {
  return decisions.flatMap(({ kind, capsule, detail: { events, reasons } }) => {
    const known = KINDS.find(each => each === kind);
    if (known === undefined || !Array.isArray(events) || !Array.isArray(reasons)) return [];
    return events.map((event, index) => ({
      kind: known,
      capsule,
      event: Number(event),
      reason: String(reasons[index]),
    }));
  });
}
