/**
 * What a capsule may ask of its host. These are all the doors there are: no files, no network, no clock but virtual time.
 * Payloads and state values are JSON texts; `json.ts` reads and writes them.
 */
import { Block, RESULT_AREA, takeBytes, takeText } from './memory';

@external('vnes:capsule/bus@1.0.0', 'publish')
declare function hostPublish(topic: usize, topicSize: usize, payload: usize, payloadSize: usize,
  hasKey: i32, key: usize, keySize: usize, result: usize): void;
@external('vnes:capsule/state@1.0.0', 'get')
declare function hostGet(key: usize, keySize: usize, result: usize): void;
@external('vnes:capsule/state@1.0.0', 'scan')
declare function hostScan(prefix: usize, prefixSize: usize, result: usize): void;
@external('vnes:capsule/state@1.0.0', 'put')
declare function hostPut(key: usize, keySize: usize, value: usize, valueSize: usize, result: usize): void;
@external('vnes:capsule/state@1.0.0', 'delete')
declare function hostDelete(key: usize, keySize: usize, result: usize): void;
@external('vnes:capsule/rpc@1.0.0', 'call')
declare function hostCall(capability: usize, capabilitySize: usize, method: usize, methodSize: usize,
  payload: usize, payloadSize: usize, result: usize): void;
@external('vnes:capsule/clock@1.0.0', 'now')
declare function hostNow(): u64;
@external('vnes:capsule/entropy@1.0.0', 'random')
declare function hostRandom(length: u32, result: usize): void;
@external('vnes:capsule/log@1.0.0', 'write')
declare function hostLog(level: i32, message: usize, messageSize: usize): void;

/** One event, as it is handed to this capsule. */
export class Event {
  constructor(
    readonly topic: string,
    readonly partition: u32,
    /** Position in the topic's partition, from 0. */
    readonly offset: u64,
    /** Virtual time in milliseconds since the Unix epoch. */
    readonly time: u64,
    readonly key: string | null,
    /** JSON text. */
    readonly payload: string,
  ) {}
}

/** How a call ended: a value, or a message that says why not. */
export class Result {
  constructor(
    readonly ok: bool,
    /** The value, or the message. */
    readonly text: string,
  ) {}

  static ok(value: string = ''): Result {
    return new Result(true, value);
  }

  static error(message: string): Result {
    return new Result(false, message);
  }

  /** The value; traps when there is none, which ends the delivery without effects. */
  unwrap(): string {
    assert(this.ok, this.text);
    return this.text;
  }
}

/** One key of the state with its value. */
export class Entry {
  constructor(
    readonly key: string,
    /** JSON text. */
    readonly value: string,
  ) {}
}

/** Publishes a JSON payload on a topic that the manifest declares. It is delivered from the next frame on. */
export function publish(topic: string, payload: string, key: string | null = null): Result {
  const a = new Block(topic);
  const b = new Block(payload);
  const c = new Block(key === null ? '' : key);
  hostPublish(a.start, a.length, b.start, b.length, key === null ? 0 : 1, c.start, c.length, RESULT_AREA);
  a.release();
  b.release();
  c.release();
  return takeResult(false);
}

/** State: what this capsule owns, and what it may read of others. */
export namespace state {
  /** The value of a key as JSON text, or null. */
  export function get(key: string): string | null {
    const block = new Block(key);
    hostGet(block.start, block.length, RESULT_AREA);
    block.release();
    return load<u8>(RESULT_AREA) == 0 ? null : takeText(load<usize>(RESULT_AREA, 4), load<usize>(RESULT_AREA, 8));
  }

  /** All entries whose key starts with `prefix`, in key order. */
  export function scan(prefix: string): Entry[] {
    const block = new Block(prefix);
    hostScan(block.start, block.length, RESULT_AREA);
    block.release();
    const list = load<usize>(RESULT_AREA);
    const count = load<i32>(RESULT_AREA, 4);
    const entries = new Array<Entry>(count);
    for (let index = 0; index < count; index++) {
      const at = list + index * 16;
      const key = takeText(load<usize>(at), load<usize>(at, 4));
      entries[index] = new Entry(key, takeText(load<usize>(at, 8), load<usize>(at, 12)));
    }
    if (count > 0) heap.free(list);
    return entries;
  }

  /** Writes a JSON value to a key that this capsule owns. */
  export function put(key: string, value: string): Result {
    const a = new Block(key);
    const b = new Block(value);
    hostPut(a.start, a.length, b.start, b.length, RESULT_AREA);
    a.release();
    b.release();
    return takeResult(false);
  }

  /** Removes a key that this capsule owns. */
  export function remove(key: string): Result {
    const block = new Block(key);
    hostDelete(block.start, block.length, RESULT_AREA);
    block.release();
    return takeResult(false);
  }
}

/** Calls a method of whichever capsule was bound to a capability that the manifest requires. */
export function call(capability: string, method: string, payload: string): Result {
  const a = new Block(capability);
  const b = new Block(method);
  const c = new Block(payload);
  hostCall(a.start, a.length, b.start, b.length, c.start, c.length, RESULT_AREA);
  a.release();
  b.release();
  c.release();
  return takeResult(true);
}

/** Virtual time of the current delivery in milliseconds since the Unix epoch. */
export function now(): u64 {
  return hostNow();
}

/** `length` bytes, at most 65,536, that depend on the run's seed and the current delivery only. */
export function random(length: u32): Uint8Array {
  hostRandom(length, RESULT_AREA);
  return takeBytes(load<usize>(RESULT_AREA), load<usize>(RESULT_AREA, 4));
}

/** Lines for the person who reads the recording. */
export namespace log {
  export function debug(message: string): void {
    write(0, message);
  }

  export function info(message: string): void {
    write(1, message);
  }

  export function warn(message: string): void {
    write(2, message);
  }

  export function error(message: string): void {
    write(3, message);
  }

  function write(level: i32, message: string): void {
    const block = new Block(message);
    hostLog(level, block.start, block.length);
    block.release();
  }
}

/** Reads a `result<_, string>` or, when `hasValue`, a `result<string, string>`. */
function takeResult(hasValue: bool): Result {
  const ok = load<u8>(RESULT_AREA) == 0;
  if (ok && !hasValue) return Result.ok();
  return new Result(ok, takeText(load<usize>(RESULT_AREA, 4), load<usize>(RESULT_AREA, 8)));
}
