import { relative } from 'node:path';
import { fail } from '../base/diagnostic.ts';
import type { Zone } from '../capsule/zone.ts';
import type { Network } from '../kernel/binding.ts';
import type { Booted } from '../kernel/boot.ts';
import { type IngressEvent, parseIngress, type TopicCheck } from '../kernel/ingress.ts';
import type { Watch } from '../kernel/invariants/watch.ts';
import { knownZone } from '../kernel/recording.ts';
import type { Origin } from '../kernel/run.ts';
import type { Timing } from '../kernel/timing.ts';
import { recordingAt } from '../lab/branches.ts';
import { freshBranch, goOn } from '../lab/go-on.ts';
import { headerOf } from '../lab/open.ts';
import { restOf, resumable, runStart } from '../lab/resume.ts';
import type { HeaderRecord } from '../store/record.ts';
import type { Context, OptionSpec, OptionValues } from './command.ts';
import { cacheFolder } from './folders.ts';
import { text } from './values.ts';

export const GO_ON_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'from',
    value: 'BRANCH',
    help: 'go on from a branch, with its seed and zone; the input is what comes after it',
  },
  {
    name: 'resume',
    value: 'RECORDING',
    help: 'go on with a run that was cut off, on a branch of it; the input is that of the whole run',
  },
];

/** What decides a run that goes on is what decided its parent. */
const SETTLED = ['record', 'seed', 'frame-events', 'snapshot-every', 'trust-zone', 'check-all'];

/** What a run goes on from. */
export interface GoingOn {
  /** Folder of the branch, which gets the journal. */
  readonly dir: string;
  readonly shown: string;
  readonly header: HeaderRecord;
  readonly zone: Zone;
  readonly resumed: boolean;
}

/** What the options say; undefined for a run that begins by itself. @throws Failure VNES9006, VNES80xx */
export function goingOn({ ports }: Context, options: OptionValues): GoingOn | undefined {
  const [from, resume] = [text(options.from), text(options.resume)];
  const reference = from ?? resume;
  if (reference === undefined) return undefined;
  const name = from === undefined ? 'resume' : 'from';
  const clash = [...SETTLED, ...(from === undefined ? [] : ['resume'])].find(
    each => options[each] !== undefined,
  );
  if (clash !== undefined)
    fail('VNES9006', `--${name} and --${clash} do not go together`, {
      expected: 'one of the two; a run that goes on has the seed, the zone and the frames of its parent',
    });
  const { cwd } = ports.env;
  const dir = from === undefined ? resumable(recordingAt(cwd, reference)) : recordingAt(cwd, reference);
  freshBranch(dir, reference);
  const { header } = headerOf(dir);
  const shown = from ?? relative(cwd, dir);
  return { dir, shown, header, zone: knownZone('the run', header.zone), resumed: from === undefined };
}

export interface GoOnWith {
  readonly booted: Booted;
  readonly network: Network;
  readonly timing: Timing;
  readonly watch: Watch;
  readonly weaker: boolean;
  readonly check: TopicCheck;
  readonly input: { readonly bytes: Uint8Array; readonly name: string } | undefined;
}

/** Brings a session to where the run goes on, and takes the input from there. @throws Failure VNES110x, VNES80xx */
export async function prepareOrigin(
  context: Context,
  { dir, resumed }: GoingOn,
  { booted, network, timing, watch, weaker, check, input }: GoOnWith,
): Promise<{ readonly origin: Origin; readonly events: readonly IngressEvent[] }> {
  const { capsules } = booted;
  const start = resumed ? runStart(dir) : undefined;
  const whole = input && start ? parseIngress(input.bytes, input.name, check, start.before) : [];
  const rest = restOf(whole, input?.name ?? '');
  const origin = await goOn({
    dir,
    capsules,
    network,
    timing,
    watch,
    weaker,
    cacheDir: cacheFolder(context.ports),
    onFrame: record => {
      if (start && record.frame >= start.frames) rest.take(record);
      context.progress(`frame ${record.frame} again`);
    },
  });
  try {
    if (resumed) return { origin, events: rest.left() };
    const before = { time: origin.taken.last?.time ?? 0, ids: origin.taken.ids };
    const events = input ? parseIngress(input.bytes, input.name, check, before) : [];
    return { origin, events };
  } catch (error) {
    await origin.session.close();
    throw error;
  }
}
