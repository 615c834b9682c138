import { LIMITS } from '../../base/limits.ts';
import type { Zone } from '../../capsule/zone.ts';
import type { LoadedCapsule } from '../../kernel/binding.ts';
import { languageOf, usesSystem } from '../../kernel/code.ts';
import type { Code } from '../../sandbox/contract.ts';
import type { HashSeed } from '../../sandbox/unpinned.ts';
import type { Change } from './change.ts';
import {
  COLLECTORS,
  DEEPER,
  OTHER_ENVIRONMENT,
  OTHER_LOCALE,
  OTHER_RANDOMNESS,
  OTHER_ZONE,
  otherAddresses,
} from './preludes.ts';

/** Something that a capsule's effects must not depend on. */
export interface Perturbation {
  readonly name: string;
  /** What is other than usual, as in `depends on ...`. */
  readonly what: string;
  /**
   * Whether every run pins it: then recordings of the capsule replay, for as long as the sandbox stays as it is. What is not pinned
   * differs between any two runs.
   */
  readonly held: boolean;
  /** What to use instead. */
  readonly help: string;
  /** Whether it would hide the others, and so is not tried together with them. */
  readonly alone?: boolean;
  /** By what runs the capsule, and in which zone; without it, always. */
  readonly concerns?: (of: Concerned) => boolean;
  /** One or more changes for a round, counted from 0; each is a run. */
  readonly changes: (round: number) => readonly Change[];
}

/** What runs a capsule: the engine, the interpreter inside of it, or a process beside it. */
type Runner = Code['language'] | 'system python';

interface Concerned {
  readonly runner: Runner;
  readonly zone: Zone;
}

type Concern = NonNullable<Perturbation['concerns']>;
const inPython: Concern = ({ runner }) => runner === 'python';
const inAnyPython: Concern = ({ runner }) => runner === 'python' || runner === 'system python';
const inEngine: Concern = ({ runner }) => runner === 'wasm' || runner === 'python';
const notInWasm: Concern = ({ runner }) => runner !== 'wasm';
const inOwnMachine: Concern = ({ runner, zone }) =>
  zone === 'ephemeral' && (runner === 'native' || runner === 'system python');
const inThread: Concern = of => of.zone === 'system' && inEngine(of);

export function concerned({
  manifest,
  zone,
}: Pick<LoadedCapsule, 'manifest' | 'zone'>): readonly Perturbation[] {
  const language = languageOf(manifest);
  const runner = language === 'python' && usesSystem(manifest) ? 'system python' : language;
  return PERTURBATIONS.filter(({ concerns }) => concerns?.({ runner, zone }) ?? true);
}

const REPORT = 'report this as a bug of vnes: no capsule should be able to see it';
const KEEP = 'keep what must last in the state';

/** Of the process around the sandbox. */
const ENVIRONMENT = {
  TZ: 'Pacific/Apia',
  LANG: 'tr_TR.UTF-8',
  LC_ALL: 'tr_TR.UTF-8',
  HOME: '/home/other',
  USER: 'other',
  PYTHONHASHSEED: '77',
};

/** Sizes between a few bytes and some pages, other ones each round. */
const padsOf = (round: number): readonly number[] =>
  [24, 40, 104, 1_000, 70_000].map(size => size + 16 * round);
const python = (prelude: string): Change => ({ sandbox: { unpinned: { python: { prelude } } } });
const elsewhere = (number: number): Change => ({
  sandbox: {
    unpinned: { pads: padsOf(number), python: { prelude: otherAddresses(number) } },
    native: { anywhere: true },
  },
});
const flags = (...list: readonly string[]): Change => ({ sandbox: { startup: { flags: list } } });

/** What differs between any two runs. */
const OPEN: readonly Perturbation[] = [
  {
    name: 'repeat',
    what: 'something that differs from run to run although nothing was changed',
    held: false,
    help: REPORT,
    changes: () => [{}],
  },
  {
    name: 'batches',
    what: 'how many deliveries are handed over at a time, and when',
    held: false,
    help: 'let each delivery depend on its event and the state alone',
    changes: round => [
      { most: 1, timing: `audit ${round}` },
      { most: 2 + round, timing: `audit 2 ${round}` },
    ],
  },
  {
    name: 'rung',
    what: 'the kind of its sandbox, a process or a thread',
    held: false,
    help: REPORT,
    concerns: inThread,
    changes: () => [{ sandbox: { process: true } }],
  },
  {
    name: 'compiler',
    what: "the engine's compilers",
    held: false,
    help: REPORT,
    concerns: inEngine,
    changes: () => [flags('--liftoff-only'), flags('--no-liftoff')],
  },
  {
    name: 'machine',
    what: 'the environment, the time zone or the locale of the machine',
    held: false,
    help: REPORT,
    concerns: inThread,
    changes: () => [{ sandbox: { startup: { env: ENVIRONMENT } } }],
  },
  {
    name: 'pressure',
    what: 'how tight memory is around the sandbox',
    held: false,
    help: REPORT,
    concerns: inEngine,
    changes: round => [flags(`--gc-interval=${400 + 100 * round}`, '--max-semi-space-size=1')],
  },
];

/** What every run pins. */
const HELD: readonly Perturbation[] = [
  {
    name: 'instance',
    what: 'what its instance remembers between deliveries',
    held: true,
    help: KEEP,
    alone: true,
    changes: () => [{ most: 1, renew: true }],
  },
  {
    name: 'addresses',
    what: 'the addresses of things in its memory',
    held: true,
    help: 'leave addresses out of what is said, and order by value: no id(), no default repr(), no order of objects by identity',
    changes: round => [elsewhere(round), elsewhere(round + 7)],
  },
  {
    name: 'counter',
    what: "the processor's counter, and how fast it counts",
    held: true,
    help: 'take time from the event, and leave the counter alone',
    concerns: inOwnMachine,
    changes: () => [{ sandbox: { native: { counter: true } } }],
  },
  {
    name: 'nan',
    what: 'the bits of a NaN',
    held: true,
    help: 'compare a value with itself to find a NaN, and never look at its sign or its bits',
    concerns: inEngine,
    changes: () => [{ sandbox: { variant: { nans: 'negative' } } }],
  },
  {
    name: 'depth',
    what: 'how deep calls may be nested',
    held: true,
    help: 'count the depth and stop at a number of your own',
    concerns: inEngine,
    changes: () => [
      { sandbox: { unpinned: { stackBytes: (LIMITS.stackBytes * 9) / 8, python: { prelude: DEEPER } } } },
    ],
  },
  {
    name: 'memory',
    what: 'how much memory it is given',
    held: true,
    help: 'count what is kept and stop at a number of your own',
    changes: () => [{ sandbox: { memory: 1.25 } }],
  },
  {
    name: 'hash-seed',
    what: 'the seed of hashes',
    held: true,
    help: 'sort what comes out of a set, and take a digest of hashlib instead of hash()',
    concerns: inAnyPython,
    changes: () =>
      ([1, 2] as const).map((hashSeed: HashSeed) => ({
        sandbox: {
          variant: { hashSeed },
          native: { variables: { PYTHONHASHSEED: String(hashSeed) } },
        },
      })),
  },
  {
    name: 'clock',
    what: 'the clocks of the C library',
    held: true,
    help: 'use vnes.now() or event.time',
    concerns: inPython,
    changes: round => [
      { sandbox: { unpinned: { python: { clock: { offsetMs: 93_784_000 + 1_000 * round, stepMs: 37 } } } } },
    ],
  },
  {
    name: 'time-zone',
    what: 'the local time zone',
    held: true,
    help: 'say which zone is meant: datetime.fromtimestamp(seconds, timezone.utc)',
    concerns: inAnyPython,
    changes: () => [
      {
        sandbox: {
          unpinned: { python: { zone: { name: '+13', seconds: 46_800 }, prelude: OTHER_ZONE } },
          native: { variables: { TZ: '<+13>-13' } },
        },
      },
    ],
  },
  {
    name: 'locale',
    what: 'the locale',
    held: true,
    help: 'sort by code points, and write numbers and dates in one form',
    concerns: inPython,
    changes: () => [python(OTHER_LOCALE)],
  },
  {
    name: 'environment',
    what: 'environment variables, the process or the host',
    held: true,
    help: 'put settings into runtime.config of the manifest',
    concerns: notInWasm,
    changes: () => [
      {
        sandbox: {
          unpinned: { python: { prelude: OTHER_ENVIRONMENT } },
          native: { variables: { HOME: '/home/other', LOGNAME: 'other', USER: 'other' } },
        },
      },
    ],
  },
  {
    name: 'randomness',
    what: 'randomness other than that of vnes.random()',
    held: true,
    help: 'use vnes.random(), or seed a generator by a value of your own',
    concerns: inPython,
    changes: () => [{ sandbox: { unpinned: { python: { entropy: true, prelude: OTHER_RANDOMNESS } } } }],
  },
  {
    name: 'collector',
    what: 'when the garbage collector runs',
    held: true,
    help: 'release what matters by `with` or by hand, and say nothing in finalisers',
    concerns: inPython,
    changes: () => COLLECTORS.map(python),
  },
];

export const PERTURBATIONS: readonly Perturbation[] = [...OPEN, ...HELD];
