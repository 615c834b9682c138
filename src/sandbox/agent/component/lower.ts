import type { Space } from './space.ts';

/** A function of the host, as `hostImports` gives it. */
export type HostFunction = (...args: readonly unknown[]) => unknown;
/** A function as core code calls it: every argument is a number of 32 bits. */
export type CoreFunction = (...args: number[]) => unknown;

const LEVELS = ['debug', 'info', 'warn', 'error'];

/** How core code calls each function of the host: arguments are read from its memory, the result is written to `into`. */
export const LOWER: Readonly<Record<string, (call: HostFunction, space: Space) => CoreFunction>> = {
  'vnes:capsule/bus publish':
    (call, space) => (topic, topicSize, payload, payloadSize, has, key, keySize, into) => {
      const name = space.text(topic!, topicSize!);
      const text = space.text(payload!, payloadSize!);
      const known = isThere(has!) ? space.text(key!, keySize!) : undefined;
      result(space, into!, () => call(name, text, known));
    },
  'vnes:capsule/state get': (call, space) => (key, size, into) =>
    option(space, into!, call(space.text(key!, size!)) as string | undefined),
  'vnes:capsule/state scan': (call, space) => (prefix, size, into) =>
    space.putEntries(call(space.text(prefix!, size!)) as { key: string; value: string }[], into!),
  'vnes:capsule/state put': (call, space) => (key, keySize, value, valueSize, into) => {
    const name = space.text(key!, keySize!);
    const text = space.text(value!, valueSize!);
    result(space, into!, () => call(name, text));
  },
  'vnes:capsule/state delete': (call, space) => (key, size, into) => {
    const name = space.text(key!, size!);
    result(space, into!, () => call(name));
  },
  'vnes:capsule/rpc call':
    (call, space) => (capability, capabilitySize, method, methodSize, payload, payloadSize, into) => {
      const name = space.text(capability!, capabilitySize!);
      const asked = space.text(method!, methodSize!);
      const text = space.text(payload!, payloadSize!);
      result(space, into!, () => call(name, asked, text));
    },
  'vnes:capsule/clock now': call => () => BigInt.asUintN(64, call() as bigint),
  'vnes:capsule/entropy random': (call, space) => (length, into) =>
    space.putBytes(call(length! >>> 0) as Uint8Array, into!),
  'vnes:capsule/log write': (call, space) => (level, message, size) => {
    const name = LEVELS[level!];
    if (name === undefined) throw new TypeError('an unknown level');
    call(name, space.text(message!, size!));
  },
};

/** What an `option` says of itself. */
function isThere(tag: number): boolean {
  if (tag > 1 || tag < 0) throw new TypeError('an option that is neither none nor some');
  return tag === 1;
}

function option(space: Space, into: number, value: string | undefined): void {
  space.view.setInt8(into, value === undefined ? 0 : 1);
  if (value !== undefined) space.putAt(value, into + 4);
}

/** Writes a `result`: a value where there is a text, an error for what was thrown with a `payload`. */
function result(space: Space, into: number, call: () => unknown): void {
  let value: unknown;
  let tag = 0;
  try {
    value = call();
  } catch (error) {
    value = payloadOf(error);
    tag = 1;
  }
  space.view.setInt8(into, tag);
  if (typeof value === 'string') space.putAt(value, into + 4);
}

function payloadOf(error: unknown): unknown {
  if (typeof error === 'object' && error !== null && Object.hasOwn(error, 'payload'))
    return (error as { payload: unknown }).payload;
  throw error;
}
