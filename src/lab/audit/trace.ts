import { Failure } from '../../base/diagnostic.ts';
import { type JsonValue, parseJson } from '../../base/json.ts';
import type { Delivery, Effects, Outcome } from '../../capsule/event.ts';
import type { Instance, Rung } from '../../sandbox/contract.ts';
import { TRACE_MARK } from '../../sandbox/unpinned.ts';
import type { Divergence } from '../divergence.ts';
import { withOutcomes } from '../with-outcomes.ts';

type Line = Effects['logs'][number];
/** A line of the trace: what was told, in parts. */
type Told = readonly JsonValue[];

/**
 * What a traced capsule tells beside its effects, by the number of the event. It comes as lines of its log, among which the capsule could
 * put its own: nothing is decided by it, it only names places.
 */
export class Trace {
  private readonly told = new Map<number, readonly Told[]>();

  /** Takes what is told out of the outcomes of an instance. */
  readonly around = (rung: Rung): Rung => ({
    name: rung.name,
    start: async options => this.listening(await rung.start(options)),
  });

  /** Where the effect was asked for that two runs differ in. */
  placeOf({ event, what }: Divergence): JsonValue | undefined {
    const lines = this.told.get(event) ?? [];
    const [, kind, index] = /^(published|log)\[(\d+)\]$/.exec(what) ?? [];
    if (kind !== undefined) return lines.filter(([of]) => of === kind)[Number(index)]?.[2];
    const [, key] = /^write (".*")$/.exec(what) ?? [];
    if (key === undefined) return undefined;
    return lines.findLast(([of, name]) => of === 'write' && JSON.stringify(name) === key)?.[2];
  }

  /** Line, variable and value, in the order in which variables of the capsule got their values. */
  stepsOf(event: number): readonly (readonly [line: string, name: string, value: string])[] {
    const steps = (this.told.get(event) ?? []).filter(([of]) => of === 'step');
    return steps.map(([, line, name, value]) => [String(line), String(name), String(value)]);
  }

  private listening(instance: Instance): Instance {
    return withOutcomes(instance, (outcome, delivery) => this.without(delivery, outcome));
  }

  private without({ event }: Delivery, outcome: Outcome): Outcome {
    if (outcome.kind !== 'ok') return outcome;
    const { logs } = outcome.effects;
    const told = logs.flatMap(line => parseTold(line) ?? []);
    this.told.set(event.seq, told);
    return {
      kind: 'ok',
      effects: { ...outcome.effects, logs: logs.filter(line => !isTold(line)) },
    };
  }
}

function isTold({ message }: Line): boolean {
  return message.startsWith(TRACE_MARK);
}

function parseTold(line: Line): [Told] | undefined {
  if (!isTold(line)) return undefined;
  try {
    const told = parseJson(line.message.slice(TRACE_MARK.length));
    return Array.isArray(told) ? [told] : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
