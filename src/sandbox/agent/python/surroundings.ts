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
}

/** The whole environment: the seed of hashes, no time zone, nothing of the machine. */
const ENVIRONMENT = [
  'HOME=/',
  'LC_ALL=C.UTF-8',
  'PYTHONDONTWRITEBYTECODE=1',
  'PYTHONHASHSEED=0',
  'PYTHONHOME=/',
  'TZ=UTC',
];
const PROGRAM = 'python';
const NANOSECONDS_A_MILLISECOND = 1e6;
/** Bytes that fit the library's buffers for names of time zones. */
const ZONE = 'UTC';
const MOST_RANDOM = 65_536;

/** Environment, time and randomness of the C library. */
export function surroundingCalls(memory: Memory, { now, random }: Surroundings): HostFunctions {
  const toTm = (seconds: bigint, at: number) => writeMoment(memory, at, momentOf(Number(seconds)));
  const fromTm = (at: number) => {
    const seconds = secondsOf(readMoment(memory, at));
    writeMoment(memory, at, momentOf(seconds));
    return BigInt(seconds);
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
      memory.setWord(count, ENVIRONMENT.length);
      memory.setWord(
        size,
        ENVIRONMENT.reduce((sum, entry) => sum + entry.length + 1, 0),
      );
      return 0;
    },
    environ_get: (pointers: number, buffer: number) => {
      let at = buffer;
      for (const [index, entry] of ENVIRONMENT.entries()) {
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
      memory.setWord(offset, 0);
      memory.setWord(daylight, 0);
      memory.writeText(standard, ZONE);
      memory.writeText(summer, ZONE);
    },
    _gmtime_js: toTm,
    _localtime_js: toTm,
    _mktime_js: fromTm,
    _timegm_js: fromTm,
    strftime: format,
    strftime_l: format,
    proc_exit: exited,
    exit: exited,
    abort: exited,
    __assert_fail: exited,
  };
}
