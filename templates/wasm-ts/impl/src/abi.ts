/**
 * The component's exports, lifted by hand (Component Model, canonical ABI): arguments come as blocks that are ours to free,
 * results go out in one block that the host frees by `cabi_post_*`. The capsule's own code is in `main.ts`.
 */
import * as main from './main';
import { ABORTING, Block, RESULT_AREA, reallocate, takeText } from './memory';
import { Event, log, Result } from './vnes';

/** What `abort`, `assert` and `throw` end in: says why and where, then traps. The delivery leaves no effect. */
function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  if (load<u8>(ABORTING) == 0) {
    store<u8>(ABORTING, 1);
    const place = (file === null ? '' : file + ':') + line.toString() + ':' + column.toString();
    log.error((message === null ? 'aborted' : message) + ' (' + place + ')');
  }
  unreachable();
}

export function cabi_realloc(block: usize, oldSize: usize, align: usize, newSize: usize): usize {
  return reallocate(block, oldSize, align, newSize);
}

export function init(config: usize, configSize: usize): usize {
  return lower(main.init(takeText(config, configSize)), false);
}

export function handle(
  topic: usize, topicSize: usize, partition: u32, offset: u64, time: u64,
  hasKey: i32, key: usize, keySize: usize, payload: usize, payloadSize: usize,
): usize {
  const name = takeText(topic, topicSize);
  const keyText: string | null = hasKey == 0 ? null : takeText(key, keySize);
  return lower(main.handle(new Event(name, partition, offset, time, keyText, takeText(payload, payloadSize))), false);
}

export function serve(method: usize, methodSize: usize, payload: usize, payloadSize: usize): usize {
  const name = takeText(method, methodSize);
  return lower(main.serve(name, takeText(payload, payloadSize)), true);
}

export function cabi_post_init(result: usize): void {
  free(result);
}

export function cabi_post_handle(result: usize): void {
  free(result);
}

export function cabi_post_serve(result: usize): void {
  free(result);
}

/** Writes a result: a tag, then pointer and length of the value or message. */
function lower(result: Result, hasValue: bool): usize {
  store<u8>(RESULT_AREA, result.ok ? 0 : 1);
  const silent = result.ok && !hasValue;
  const block = new Block(silent ? '' : result.text);
  store<usize>(RESULT_AREA, block.start, 4);
  store<usize>(RESULT_AREA, block.length, 8);
  return RESULT_AREA;
}

function free(result: usize): void {
  if (load<usize>(result, 8) > 0) heap.free(load<usize>(result, 4));
}
