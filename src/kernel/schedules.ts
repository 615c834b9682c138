import { fail } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import { compareBy, compareCodeUnits } from '../base/order.ts';
import type { Schedule } from '../capsule/manifest.ts';
import type { IngressEvent } from './ingress.ts';
import type { LastTaken } from './taken.ts';

/** A schedule and the capsule whose manifest declares it. */
export interface BoundSchedule extends Schedule {
  readonly capsule: string;
}

/** More ticks than this in one run point at a mistake in units. */
const MAX_TICKS = 1_000_000;

/**
 * Weaves the ticks of all schedules into the input by virtual time: one tick each `every_ms` after `epoch`, up to the last
 * input event, and before input of the same time. A run that goes on weaves what comes `after` the last event that was taken.
 * @throws Failure VNES6004
 */
export function weaveSchedules(
  input: readonly IngressEvent[],
  schedules: readonly BoundSchedule[],
  epoch: number,
  after?: LastTaken,
): readonly IngressEvent[] {
  const end = input.at(-1)?.time ?? epoch;
  const all = schedules.flatMap(schedule => ticksOf(schedule, epoch, end, after?.time ?? epoch));
  all.sort(byTime);
  const ticks = after ? ticksAfter(all, after) : all;
  if (ticks.length === 0) return input;
  const woven: IngressEvent[] = [];
  let next = 0;
  for (const event of input) {
    while (next < ticks.length && ticks[next]!.time <= event.time) woven.push(ticks[next++]!);
    woven.push(event);
  }
  return woven;
}

const byTime = compareBy<Pick<IngressEvent, 'time' | 'topic' | 'key'>>(
  (a, b) => a.time - b.time,
  (a, b) => compareCodeUnits(a.topic, b.topic),
  (a, b) => compareCodeUnits(a.key ?? '', b.key ?? ''),
);

/** The ticks that had not been taken, of which those up to `after` had. */
function ticksAfter(ticks: readonly IngressEvent[], after: LastTaken): readonly IngressEvent[] {
  const next = ticks.findIndex(tick => tick.time > after.time || (isTick(after) && byTime(tick, after) >= 0));
  if (next < 0) return [];
  const alike = isTick(after) && byTime(ticks[next]!, after) === 0;
  return ticks.slice(alike ? next + after.times : next);
}

function isTick({ source }: LastTaken): boolean {
  return source === 'kernel';
}

/** What a schedule publishes each time. */
export function payloadOf({ payload }: BoundSchedule): JsonValue {
  return payload ?? null;
}

/** The ticks from the time `from` on, up to the time `end`. */
function ticksOf(schedule: BoundSchedule, epoch: number, end: number, from: number): IngressEvent[] {
  const first = Math.max(1, Math.ceil((from - epoch) / schedule.every_ms));
  const count = Math.max(0, Math.floor((end - epoch) / schedule.every_ms) - first + 1);
  if (count > MAX_TICKS) {
    fail(
      'VNES6004',
      `the schedule of ${schedule.capsule} on ${schedule.topic} ticks too often for this input`,
      {
        expected: `at most ${MAX_TICKS} ticks`,
        found: `${count} ticks of ${schedule.every_ms} ms`,
        help: 'raise every_ms in the manifest, or give the input a shorter span',
      },
    );
  }
  return Array.from({ length: count }, (_, index) => ({
    topic: schedule.topic,
    time: epoch + (first + index) * schedule.every_ms,
    key: schedule.capsule,
    payload: payloadOf(schedule),
    source: 'kernel',
  }));
}
