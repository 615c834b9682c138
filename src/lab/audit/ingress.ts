import { fail } from '../../base/diagnostic.ts';
import { type JsonObject, parseJson } from '../../base/json.ts';
import type { LoadedCapsule, Network } from '../../kernel/binding.ts';
import type { IngressEvent } from '../../kernel/ingress.ts';
import { Dice } from './dice.ts';
import { Values } from './values.ts';

/** Close to midnight on a leap day, in most time zones some other day. */
const START = Date.UTC(2024, 1, 29, 23, 50);
const MINUTE = 60_000;
/** Steps between events in minutes; a day is among them, and nothing. */
const STEPS: readonly number[] = [0, 1, 7, 60, 333, 1440];
const KEYS: readonly (string | null)[] = [null, 'a', 'b', 'Ä', 'c'];
const MOST_TRIES = 200;

export interface MadeUp {
  readonly subject: LoadedCapsule;
  readonly network: Network;
  readonly seed: string;
  readonly count: number;
}

/**
 * Events for the topics that a capsule takes, made up from their schemas; the same seed gives the same events.
 * @throws Failure VNES8107 when it takes nothing, or no value that obeys a schema is found
 */
export function madeUpIngress({ subject, network, seed, count }: MadeUp): readonly IngressEvent[] {
  const dice = new Dice(`${seed}\0ingress`);
  const topics = topicsOf(subject, network);
  const makers = topics.flatMap(({ topic, schema }) =>
    [schema].flat().map(path => ({
      topic,
      values: new Values(path === undefined ? true : schemaIn(subject, path), new Dice(`${seed}\0${topic}`)),
    })),
  );
  let time = START;
  return Array.from({ length: count }, () => {
    const { topic, values } = dice.pick(makers);
    time += dice.pick(STEPS) * MINUTE;
    return { topic, time, key: dice.pick(KEYS), payload: obeying(topic, values, network), source: 'ingress' };
  });
}

/** The ticks of schedules come by themselves. */
function topicsOf({ manifest }: LoadedCapsule, { schedules }: Network) {
  const ticking = schedules.map(({ topic }) => topic);
  const taken = (manifest.interfaces?.bus?.subscribes ?? []).filter(({ topic }) => !ticking.includes(topic));
  if (taken.length > 0) return taken;
  return fail('VNES8107', `${manifest.id} takes no topic from outside`, {
    expected: 'a topic in interfaces.bus.subscribes that no schedule fills',
    found: ticking.join(', ') || 'none',
    help: 'give a recording of a run that it took part in: --recording DIR',
  });
}

function schemaIn(subject: LoadedCapsule, path: string): JsonObject | boolean {
  return parseJson(subject.read(path), { file: path }) as JsonObject | boolean;
}

function obeying(topic: string, values: Values, { catalog }: Network) {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const payload = values.next();
    if (catalog.check(topic, payload).length === 0) return payload;
  }
  const [violation] = catalog.check(topic, values.next());
  return fail('VNES8107', `no payload for ${topic} was found that obeys its schema`, {
    expected: `a schema from which values can be made up, within ${MOST_TRIES} tries`,
    found: violation ? `${violation.pointer || 'the payload'} ${violation.message}` : 'one only after that',
    help: 'give events of your own: --input FILE',
  });
}
