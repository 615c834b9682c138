import { fail, type Place } from '../../base/diagnostic.ts';
import { Reader, type Section, sectionsOf } from '../../capsule/wasm/reader.ts';

const MEMORIES = 5;
const PAGE = 65_536;
const HAS_MAXIMUM = 1;

/**
 * The same core module with every memory of its own limited to `memoryBytes`, so that `memory.grow` fails at the same page on
 * every machine and rung. Shared and 64-bit memories are refused. The module must have been validated before.
 * @throws Failure VNES5005
 */
export function capMemory(core: Uint8Array, memoryBytes: number, place: Place): Uint8Array {
  const section = sectionsOf(core).find(({ id }) => id === MEMORIES);
  if (!section) return core;
  const body = rewrite(new Reader(core, section.body, section.end), Math.floor(memoryBytes / PAGE), place);
  return replace(core, section, body);
}

function rewrite(reader: Reader, cap: number, place: Place): number[] {
  const count = reader.u32();
  const body = leb(count);
  for (let index = 0; index < count; index += 1) {
    const flags = reader.byte();
    if (flags > HAS_MAXIMUM)
      refuse('a shared, 64-bit or custom-page memory', 'a 32-bit memory of its own', place);
    const initial = reader.u32();
    const maximum = flags === HAS_MAXIMUM ? reader.u32() : cap;
    if (initial > cap) refuse(`${initial} pages of 64 KiB at the start`, `at most ${cap} pages`, place);
    body.push(HAS_MAXIMUM, ...leb(initial), ...leb(Math.min(maximum, cap)));
  }
  return body;
}

function refuse(found: string, expected: string, place: Place): never {
  fail('VNES5005', 'the component asks for memory that it does not get', {
    place,
    expected,
    found,
    help: 'raise runtime.memory_limit_mb in the manifest, or build with a smaller initial memory',
  });
}

function replace(core: Uint8Array, section: Section, body: readonly number[]): Uint8Array {
  return Buffer.concat([
    core.subarray(0, section.start),
    Uint8Array.from([MEMORIES, ...leb(body.length), ...body]),
    core.subarray(section.end),
  ]);
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}
