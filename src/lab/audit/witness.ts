import type { JsonValue } from '../../base/json.ts';
import { languageOf, usesSystem } from '../../kernel/code.ts';
import type { Code } from '../../sandbox/contract.ts';
import type { FrameRecord } from '../../store/record.ts';
import type { Divergence } from '../divergence.ts';
import { statedValue } from '../explain.ts';
import { differencesBetween, type ValueDifference } from '../json-difference.ts';
import { type Change, together } from './change.ts';
import { functionNames } from './functions.ts';
import { perform, type Surroundings, type Trial } from './perform.ts';
import { TELL_PLACES, tellSteps } from './python-trace.ts';
import { Trace } from './trace.ts';

/** Why a capsule is not what its tier says: the first effect that differs, and where it comes from. */
export interface Witness extends Divergence {
  /** Where within the two values they differ. */
  readonly differences: readonly ValueDifference[];
  /** Where the effect was asked for: `path:line in function`, or functions of a module. */
  readonly at?: string;
  /** Where the two runs first went apart, as far as the capsule's variables tell. */
  readonly origin?: Origin;
}

export interface Origin {
  readonly at: string;
  /** Name of a variable. */
  readonly variable: string;
  readonly recorded: string;
  readonly actual: string;
}

const DIFFERENCES = 10;

/** A divergence with what helps to read it. */
export function describe(divergence: Divergence): Witness {
  const { recorded, actual } = divergence;
  const differences = differencesBetween(statedValue(recorded), statedValue(actual), DIFFERENCES);
  return { ...divergence, differences };
}

type Places = Pick<Witness, 'at' | 'origin'>;

/** Looks for the place of a divergence, by running both sides again and having them tell what they do. */
export async function placesOf(divergence: Divergence, trial: Trial, around: Surroundings): Promise<Places> {
  const { manifest } = trial.subject;
  if (divergence.capsule !== manifest.id) return {};
  const watch = WATCH[usesSystem(manifest) ? 'native' : languageOf(manifest)];
  return watch(divergence, trial, around);
}

type Watch = (divergence: Divergence, trial: Trial, around: Surroundings) => Promise<Places>;

const WATCH: Readonly<Record<Code['language'], Watch>> = {
  wasm: watchWasm,
  python: watchPython,
  native: async divergence => placeOf(placeInMessage(divergence)),
};

function placeOf(at: string | undefined): Places {
  return at === undefined ? {} : { at };
}

async function watchWasm(divergence: Divergence, trial: Trial, around: Surroundings): Promise<Places> {
  const [was, is] = await bothTraced({ sandbox: { unpinned: { trace: true } } }, divergence, trial, around);
  const place = is.placeOf(divergence) ?? was.placeOf(divergence);
  const numbers = Array.isArray(place) ? place.filter(each => typeof each === 'number') : [];
  if (numbers.length === 0) return {};
  return { at: functionNames(trial.subject, numbers) };
}

async function watchPython(divergence: Divergence, trial: Trial, around: Surroundings): Promise<Places> {
  const python = (prelude: string) => ({ sandbox: { unpinned: { python: { prelude } } } });
  const [was, is] = await bothTraced(python(TELL_PLACES), divergence, trial, around);
  const at = textOf(is.placeOf(divergence)) ?? textOf(was.placeOf(divergence)) ?? placeInMessage(divergence);
  const event = eventOf(divergence, trial);
  if (!event) return placeOf(at);
  const { topic, partition, offset } = event;
  const traces = await bothTraced(python(tellSteps(topic, partition, offset)), divergence, trial, around);
  const origin = firstApart(traces, divergence.event);
  return { ...placeOf(at), ...(origin ? { origin } : {}) };
}

/** The reference and the changed run, both told to speak. Its words cost time and memory, so the runs may agree now. */
async function bothTraced(
  speaking: Change,
  { frame }: Divergence,
  trial: Trial,
  around: Surroundings,
): Promise<readonly [Trace, Trace]> {
  const traced = async (change: Change) => {
    const trace = new Trace();
    await perform({ ...trial, change, until: frame, around: trace.around }, around);
    return trace;
  };
  return [await traced(speaking), await traced(together([trial.change, speaking]))];
}

function firstApart([was, is]: readonly [Trace, Trace], event: number): Origin | undefined {
  const [before, now] = [was.stepsOf(event), is.stepsOf(event)];
  const index = now.findIndex((step, at) => step.join('\0') !== before[at]?.join('\0'));
  const [recorded, actual] = [before[index], now[index]];
  if (!recorded || !actual) return undefined;
  const [at, variable, value] = actual;
  const same = recorded[0] === at && recorded[1] === variable;
  return {
    at,
    variable,
    recorded: same ? recorded[2] : `not reached: ${recorded[0]} is next`,
    actual: value,
  };
}

function eventOf({ event }: Divergence, { reference }: Trial) {
  const among = ({ ingress, published }: FrameRecord) => [...ingress, ...published];
  for (const frame of reference.frames()) {
    const found = among(frame).find(({ seq }) => seq === event);
    if (found) return found;
  }
  return undefined;
}

/** A trap of Python names its frames, the innermost last. */
function placeInMessage({ what, actual, recorded }: Divergence): string | undefined {
  if (what !== 'outcome') return undefined;
  const frames = [...`${actual ?? recorded}`.matchAll(/\\n {2}(impl\/[^"\\]+? in [\w<>]+)/g)];
  return frames.at(-1)?.[1];
}

function textOf(place: JsonValue | undefined): string | undefined {
  return typeof place === 'string' ? place : undefined;
}
