import { canonicalJson } from '../base/canonical.ts';
import { fail } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import { bind, type Network } from '../kernel/binding.ts';
import { conditionsOf } from '../kernel/conditions/disturbed.ts';
import type { IngressEvent } from '../kernel/ingress.ts';
import type { RunSettings } from '../kernel/recording.ts';
import { frames, inputOf } from '../kernel/run.ts';
import { openSession, type Session } from '../kernel/session.ts';
import { UNDISTURBED } from '../kernel/timing.ts';
import { behaviourIn } from '../store/flags.ts';
import { readJournal } from '../store/read.ts';
import type { FrameRecord } from '../store/record.ts';
import { comparisonsOf, rungChoice } from './choice.ts';
import { ddmin } from './ddmin.ts';
import { type Divergence, firstDivergence } from './divergence.ts';
import { statedValue } from './explain.ts';
import { differencesBetween } from './json-difference.ts';
import { replay } from './replay.ts';
import { MOST_TRIES, type Recorded, type ShrinkRequest, type Shrunk, settingsIn } from './shrink-input.ts';
import { Tape } from './tape.ts';
import { Told } from './told.ts';
import { without } from './tolerance.ts';
import { writeSmall } from './write-small.ts';

/** Members of effects that say where they stand and not what they are. */
const PLACES = ['/seq', '/offset', '/cause', '/event', '/version'];
const DIFFERENCES = 100;

/**
 * The fewest input events with which a recording diverges in the same way: the same effect of the same capsule, recorded and actual value
 * the same. What was recorded cannot be recorded anew, so for a part of the input each capsule is taken to have done what it did then
 * with the same event; where that is not what it does now, the first difference is another, and the part is no good.
 */
export async function shrinkDivergence(request: ShrinkRequest, recorded: Recorded): Promise<Shrunk> {
  const { dir, cacheDir, weaker } = request;
  const { divergence } = await replay({ dir, timing: UNDISTURBED, cacheDir, weaker });
  if (!divergence) nothingWrong(dir);
  if (divergence.capsule === 'kernel') outside(dir, divergence);
  const wanted = signature(divergence);
  const pair = await Pair.open(request, recorded);
  try {
    let tries = 0;
    const shows = async (some: readonly IngressEvent[]) => {
      tries += 1;
      request.onTry?.(tries, some.length);
      const found = await pair.run(some);
      return found !== undefined && signature(found.divergence) === wanted;
    };
    const { input } = recorded;
    if (!(await shows(input))) outside(dir, divergence);
    const { items, tries: tried, proven } = await ddmin(input, shows, MOST_TRIES);
    const small = (await pair.run(items))!;
    const target = request.target();
    await writeSmall(target, pair.settings, recorded, small.frames);
    const again = await replay({ dir: target, timing: UNDISTURBED, cacheDir, weaker });
    if (!again.divergence || signature(again.divergence) !== wanted)
      throw new Error('the small recording does not diverge in the same way');
    const { capsule: name, what: found } = divergence;
    return {
      shows: { about: 'divergence', name, found },
      ...{ from: input.length, to: items.length, tries: tried, proven, dir: target },
    };
  } finally {
    await pair.close();
  }
}

/** Two networks side by side: one does what was recorded, the other what its code does now. */
class Pair {
  readonly settings: RunSettings;
  private readonly network: Network;
  private readonly told: Told;
  private readonly recorded: Session;
  private readonly tape: Tape;
  private readonly actual: Session;

  private constructor(
    settings: RunSettings,
    network: Network,
    recorded: readonly [Told, Session],
    actual: readonly [Tape, Session],
  ) {
    this.settings = settings;
    this.network = network;
    [this.told, this.recorded] = recorded;
    [this.tape, this.actual] = actual;
  }

  static async open(
    { dir, cacheDir, weaker, invariants }: ShrinkRequest,
    { header, capsules }: Recorded,
  ): Promise<Pair> {
    const network = await bind(capsules, behaviourIn(header.flags));
    const given = { capsules, network, seed: header.seed, timing: UNDISTURBED, cacheDir, weaker };
    const told = new Told(readJournal(dir));
    const recorded = await openSession({ ...given, rung: () => told.rung() });
    const tape = new Tape();
    const actual = await openSession({ ...given, rung: rungChoice(comparisonsOf(capsules, { dir }), tape) });
    // Its frames are put together and no steps of a run, so none of them is a snapshot.
    const { snapshotEvery: _, ...settings } = settingsIn(header, invariants);
    return new Pair(settings, network, [told, recorded], [tape, actual]);
  }

  /** The first divergence over an input, and the recorded frames up to it; undefined when there is none that means anything. */
  async run(
    input: readonly IngressEvent[],
  ): Promise<{ readonly divergence: Divergence; readonly frames: readonly FrameRecord[] } | undefined> {
    const { disturbance, epoch, frameIngress } = this.settings;
    this.told.begin();
    const recorded = await this.recorded.restart(this.told.within(conditionsOf(disturbance)));
    const actual = await this.actual.restart(conditionsOf(disturbance));
    const seen: FrameRecord[] = [];
    for await (const record of frames(recorded, inputOf(input, this.network, { epoch }), frameIngress)) {
      if (this.told.lost) return undefined;
      seen.push(record);
      this.tape.turn(record);
      const divergence = firstDivergence(record, await actual.frame(record.ingress));
      if (divergence) return { divergence, frames: seen };
    }
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all([this.recorded.close(), this.actual.close()]);
  }
}

/** What a divergence is about, wherever it stands. */
function signature({ capsule, what, recorded, actual }: Divergence): string {
  const differences = differencesBetween(placeless(recorded), placeless(actual), DIFFERENCES);
  return canonicalJson([capsule, what, differences as unknown as JsonValue]);
}

function placeless(text: string | undefined): JsonValue | undefined {
  const value = statedValue(text);
  return value === undefined ? undefined : without(value, PLACES);
}

function nothingWrong(dir: string): never {
  fail('VNES8205', 'nothing goes wrong in this recording', {
    place: { file: dir },
    expected: 'a broken invariant, a trap or a fault, or a replay that diverges',
    found: 'none, and an equal replay',
  });
}

function outside(dir: string, { what, recorded, actual }: Divergence): never {
  fail(
    'VNES8206',
    `the difference lies in no effect of a capsule that could be had with less input: ${what}`,
    {
      place: { file: dir },
      expected: recorded ?? 'nothing',
      found: actual ?? 'nothing',
      help: `look at it: vnes replay ${dir}`,
    },
  );
}
