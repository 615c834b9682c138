import { LIMITS } from '../../base/limits.ts';
import type { LogLevel } from '../../capsule/event.ts';
import type { Caller } from './caller.ts';
import { randomBytes } from './entropy.ts';
import { canonicalText } from './json-text.ts';
import { guestText } from './traps.ts';

/** A key holds a value or it does not exist, in the journal too: to write null is to delete. */
const NOTHING = 'null';

/** jco turns a thrown object with a `payload` into the `err` of a WIT result. */
interface WitError {
  readonly payload: string;
}

/**
 * The host's functions for one guest. What breaks the capsule's contract is an `err` for the guest where the WIT has one, and
 * always a fault of the delivery. Arguments are checked for their type: a component may have declared other signatures.
 */
export function hostImports(guest: Caller): Record<string, Record<string, unknown>> {
  return {
    'vnes:capsule/types': {},
    'vnes:capsule/bus': {
      publish: (topic: unknown, payload: unknown, key: unknown) => publish(guest, text(topic), payload, key),
    },
    'vnes:capsule/state': {
      get: (key: unknown) => (readable(guest, text(key)) ? guest.read(text(key)) : undefined),
      scan: (prefix: unknown) => scan(guest, text(prefix)),
      put: (key: unknown, value: unknown) => put(guest, text(key), text(value)),
      delete: (key: unknown) => put(guest, text(key), null),
    },
    'vnes:capsule/rpc': {
      call: (capability: unknown, method: unknown, payload: unknown) =>
        call(guest, text(capability), text(method), text(payload)),
    },
    'vnes:capsule/clock': { now: () => BigInt(guest.turn.time) },
    'vnes:capsule/entropy': { random: (length: unknown) => random(guest, length) },
    'vnes:capsule/log': {
      write: (level: LogLevel, message: unknown) => guest.turn.log(level, guest.signed(guestText(message))),
    },
  };
}

function publish(guest: Caller, topic: string, payload: unknown, key: unknown): void {
  if (!guest.mayAct) refuse(guest, `${guest.actor} published on ${topic}`);
  if (!guest.spec.publishes.includes(topic))
    refuse(guest, `published on ${topic}, which the manifest does not declare`);
  const eventKey = key === undefined || key === null ? null : text(key);
  if (Buffer.byteLength(eventKey ?? '') > LIMITS.stateKeyBytes)
    refuse(guest, `an event key over ${LIMITS.stateKeyBytes} bytes`);
  guest.turn.publish(topic, eventKey, json(guest, text(payload), `the payload for ${topic}`));
}

function put(guest: Caller, key: string, value: string | null): void {
  const shown = guestText(key);
  if (!guest.mayAct) refuse(guest, `${guest.actor} wrote the key ${shown}`);
  if (!startsWithOne(key, guest.spec.owns)) refuse(guest, `wrote the key ${shown}, which it does not own`);
  if (key === '' || Buffer.byteLength(key) > LIMITS.stateKeyBytes)
    refuse(guest, `wrote a key that is empty or over ${LIMITS.stateKeyBytes} bytes`);
  const written = value === null ? NOTHING : json(guest, value, `the value for ${shown}`);
  guest.turn.write(key, written === NOTHING ? null : written);
}

function scan(guest: Caller, prefix: string): { key: string; value: string }[] {
  return readable(guest, prefix) ? guest.readAll(prefix).map(([key, value]) => ({ key, value })) : [];
}

/** Whether the guest may read a key or everything below a prefix; otherwise it is a fault, which the WIT cannot express. */
function readable(guest: Caller, key: string): boolean {
  if (startsWithOne(key, guest.spec.owns) || startsWithOne(key, guest.spec.reads)) return true;
  guest.turn.refuse(
    `${guest.actor} read ${guestText(key) || 'everything'}, which the manifest does not declare`,
  );
  return false;
}

function call(guest: Caller, capability: string, method: string, payload: string): string {
  const request = json(guest, payload, `the request to ${guestText(capability)}`);
  const service = guest.service(capability);
  if (service === 'undeclared')
    refuse(guest, `called ${guestText(capability)}, which the manifest does not require`);
  if (service === 'too deep') throw witError(`calls are nested deeper than ${LIMITS.callDepth}`);
  const answer = service.serve(guest.turn, method, request, guest.actor);
  if (answer.kind === 'ok') return answer.value;
  throw witError(answer.kind === 'trap' ? `${capability} trapped: ${answer.message}` : answer.message);
}

function random(guest: Caller, length: unknown): Uint8Array {
  if (typeof length !== 'number') throw new TypeError('random takes a number');
  if (length > LIMITS.randomBytes) {
    guest.turn.refuse(
      `${guest.actor} asked for ${length} random bytes; at most ${LIMITS.randomBytes} are allowed`,
    );
    return new Uint8Array();
  }
  return randomBytes(guest.nextRandomIdentity(), length);
}

/** Canonical form of a JSON text of the guest, or a fault. */
function json(guest: Caller, source: string, what: string): string {
  const canonical = canonicalText(source);
  return 'text' in canonical
    ? canonical.text
    : refuse(guest, `${what} is not acceptable JSON: ${canonical.reason}`);
}

function refuse(guest: Caller, reason: string): never {
  throw witError(guest.turn.refuse(reason));
}

function witError(message: string): WitError {
  return { payload: message };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a string is expected');
  return value;
}

function startsWithOne(key: string, prefixes: readonly string[]): boolean {
  return prefixes.some(prefix => key.startsWith(prefix));
}
