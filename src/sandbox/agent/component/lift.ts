import type { WorldEvent } from '../functions.ts';
import type { CoreFunction } from './lower.ts';
import type { Space } from './space.ts';

/** What the guest is told while it cleans up after a call: nothing may be asked of the host then. */
export interface Door {
  open: boolean;
}

/** A function of core code that the host calls, and what goes with it. */
export interface Lift {
  readonly code: CoreFunction;
  readonly after: CoreFunction | undefined;
  readonly space: Space;
  readonly door: Door;
}

/** The `err` of a result, with the message that the guest gave. */
class GuestError extends Error {
  readonly payload: string;

  constructor(payload: string) {
    super(payload);
    this.payload = payload;
  }
}

export function liftInit(lift: Lift): (config: string) => undefined {
  const { code, space } = lift;
  return config => {
    space.put(config);
    finish(lift, code(space.at, space.length), false);
  };
}

export function liftHandle(lift: Lift): (event: WorldEvent) => undefined {
  const { space } = lift;
  const code = lift.code as (...args: (number | bigint)[]) => unknown;
  return event => {
    const { topic, partition, offset, time, key, payload } = event;
    space.put(topic);
    const { at: topicAt, length: topicSize } = space;
    const known = key === undefined ? 0 : 1;
    if (key !== undefined) space.put(key);
    const [keyAt, keySize] = key === undefined ? [0, 0] : [space.at, space.length];
    space.put(payload);
    const { at, length } = space;
    finish(lift, code(topicAt, topicSize, partition, offset, time, known, keyAt, keySize, at, length), false);
  };
}

export function liftServe(lift: Lift): (method: string, payload: string) => string | undefined {
  const { code, space } = lift;
  return (method, payload) => {
    space.put(method);
    const { at: methodAt, length: methodSize } = space;
    space.put(payload);
    return finish(lift, code(methodAt, methodSize, space.at, space.length), true);
  };
}

/** Reads a result, lets the guest clean up, and hands on what it said. */
function finish({ after, space, door }: Lift, returned: unknown, hasValue: boolean): string | undefined {
  const at = returned as number;
  const tag = space.view.getUint8(at);
  if (tag > 1) throw new TypeError('a result that is neither ok nor err');
  const text = tag === 1 || hasValue ? space.textOf(at + 4) : undefined;
  if (after) {
    door.open = false;
    after(at);
    door.open = true;
  }
  if (tag === 1) throw new GuestError(text!);
  return text;
}
