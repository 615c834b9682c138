import type { HostInterfaces } from '../asking/requests.ts';
import { momentOf, readMoment, secondsOf, writeMoment } from './calendar.ts';
import type { Memory } from './memory.ts';
import { exited } from './stop.ts';
import { strftime } from './strftime.ts';
import type { HostFunctions } from './syscalls.ts';

/** What an interpreter finds around itself, besides files. */
export interface Surroundings {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  random(length: number): Uint8Array;
  /** The seed of hashes, when an interpreter is started; 0 unless told. */
  readonly hashSeed?: number;
  /** Local time; universal unless told. */
  readonly zone?: { readonly name: string; readonly seconds: number };
}

/** Virtual time and the run's randomness, also for code that does not know about capsules. */
export function surroundingsOf(host: HostInterfaces): Surroundings {
  return {
    now: () => Number(host['vnes:capsule/clock'].now()),
    random: length => host['vnes:capsule/entropy'].random(length),
  };
}

/** The whole environment: the seed of hashes, no time zone, nothing of the machine. */
const environment = (hashSeed: number): readonly string[] => [
  'HOME=/',
  'LC_ALL=C.UTF-8',
  'PYTHONDONTWRITEBYTECODE=1',
  `PYTHONHASHSEED=${hashSeed}`,
  'PYTHONHOME=/',
  'TZ=UTC',
];
const PROGRAM = 'python';
const NANOSECONDS_A_MILLISECOND = 1e6;
/** Names of time zones have to fit the library's buffers. */
const UNIVERSAL = { name: 'UTC', seconds: 0 };
const MOST_RANDOM = 65_536;

/** Environment, time and randomness of the C library. */
export function surroundingCalls(memory: Memory, surroundings: Surroundings): HostFunctions {
  const { now, random, hashSeed = 0, zone = UNIVERSAL } = surroundings;
  const variables = environment(hashSeed);
  const toTm = (east: number) => (seconds: bigint, at: number) =>
    writeMoment(memory, at, momentOf(Number(seconds) + east));
  const fromTm = (east: number) => (at: number) => {
    const seconds = secondsOf(readMoment(memory, at));
    writeMoment(memory, at, momentOf(seconds));
    return BigInt(seconds - east);
  };
  const format = (at: number, size: number, pattern: number, moment: number) => {
    const text = strftime(memory.text(pattern), readMoment(memory, moment));
    const length = Buffer.byteLength(text);
    if (length + 1 > size) return 0;
    memory.writeText(at, text);
    return length;
  };
  return {
    environ_sizes_get: (count: number, size: number) => {
      memory.setWord(count, variables.length);
      memory.setWord(
        size,
        variables.reduce((sum, entry) => sum + entry.length + 1, 0),
      );
      return 0;
    },
    environ_get: (pointers: number, buffer: number) => {
      let at = buffer;
      for (const [index, entry] of variables.entries()) {
        memory.setWord(pointers + 4 * index, at);
        at = memory.writeText(at, entry);
      }
      return 0;
    },
    _emscripten_get_progname: (at: number) => void memory.writeText(at, PROGRAM),
    emscripten_date_now: now,
    emscripten_get_now: now,
    emscripten_get_now_res: () => NANOSECONDS_A_MILLISECOND,
    _emscripten_get_now_is_monotonic: () => 1,
    getentropy: (at: number, length: number) => {
      if (length > MOST_RANDOM) return -1;
      memory.write(at, random(length));
      return 0;
    },
    _tzset_js: (offset: number, daylight: number, standard: number, summer: number) => {
      memory.setWord(offset, -zone.seconds);
      memory.setWord(daylight, 0);
      memory.writeText(standard, zone.name);
      memory.writeText(summer, zone.name);
    },
    _gmtime_js: toTm(0),
    _localtime_js: toTm(zone.seconds),
    _mktime_js: fromTm(zone.seconds),
    _timegm_js: fromTm(0),
    strftime: format,
    strftime_l: format,
    proc_exit: exited,
    exit: exited,
    abort: exited,
    __assert_fail: exited,
  };
}
