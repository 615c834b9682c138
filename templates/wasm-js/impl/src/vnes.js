/**
 * What a capsule may ask of its host. These are all the doors there are: no files, no network, no clock but virtual time.
 * Payloads and state values are plain JavaScript values that JSON can hold.
 */
import { publish as hostPublish } from 'vnes:capsule/bus@1.0.0';
import { now as hostNow } from 'vnes:capsule/clock@1.0.0';
import { random as hostRandom } from 'vnes:capsule/entropy@1.0.0';
import { write } from 'vnes:capsule/log@1.0.0';
import { call as hostCall } from 'vnes:capsule/rpc@1.0.0';
import * as hostState from 'vnes:capsule/state@1.0.0';

/** Throw it to refuse an event or a call. The delivery leaves no effect but this message. Any other error is a trap. */
export class Refusal extends Error {}

/** Publishes a payload on a topic that the manifest declares. It is delivered from the next frame on. */
export function publish(topic, payload, key) {
  hostPublish(topic, JSON.stringify(payload), key ?? undefined);
}

/** State: what this capsule owns, and what it may read of others. */
export const state = {
  /** The value of a key, or undefined. */
  get(key) {
    const text = hostState.get(key);
    return text === undefined || text === null ? undefined : JSON.parse(text);
  },
  /** All entries whose key starts with `prefix`, in key order, as [key, value]. */
  scan(prefix) {
    return hostState.scan(prefix).map(({ key, value }) => [key, JSON.parse(value)]);
  },
  put(key, value) {
    hostState.put(key, JSON.stringify(value));
  },
  remove(key) {
    hostState.delete(key);
  },
};

/** Calls a method of whichever capsule was bound to a capability that the manifest requires. */
export function call(capability, method, payload) {
  return JSON.parse(hostCall(capability, method, JSON.stringify(payload)));
}

/** Virtual time of the current delivery in milliseconds since the Unix epoch. */
export function now() {
  return Number(hostNow());
}

/** `length` bytes, at most 65,536, that depend on the run's seed and the current delivery only. */
export function random(length) {
  return hostRandom(length);
}

/** Lines for the person who reads the recording. */
export const log = {
  debug: message => write('debug', String(message)),
  info: message => write('info', String(message)),
  warn: message => write('warn', String(message)),
  error: message => write('error', String(message)),
};

/**
 * The engine inside the component would answer with the time and the seed of its build. Code that does not know about capsules
 * gets virtual time and the run's randomness instead.
 */
const EngineDate = Date;
globalThis.Date = class Date extends EngineDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts));
  }

  static now() {
    return now();
  }
};
Math.random = () => {
  const view = new DataView(Uint8Array.from(random(8)).buffer);
  return (view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11)) / 2 ** 53;
};
performance.now = now;
