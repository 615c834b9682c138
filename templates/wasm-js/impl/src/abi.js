/**
 * The component's exports: JSON texts in and out, refusals as errors, anything else as a trap with its reason in the log.
 * The capsule's own code is in `main.js`.
 */
import { log, Refusal } from './vnes.js';
import * as main from './main.js';

/** Called once, before anything else, with `runtime.config` of the manifest. */
export function init(config) {
  guard(() => main.init?.(JSON.parse(config)));
}

/** Handles one event of a topic that the manifest subscribes to. */
export function handle({ topic, partition, offset, time, key, payload }) {
  const position = { partition, offset: Number(offset), time: Number(time), key: key ?? null };
  guard(() => main.handle({ topic, ...position, payload: JSON.parse(payload) }));
}

/** Answers a call of another capsule. */
export function serve(method, payload) {
  return guard(() => {
    if (main.serve === undefined) throw new Refusal(`unknown method ${method}`);
    return JSON.stringify(main.serve(method, JSON.parse(payload)));
  });
}

function guard(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw error.message;
    log.error(String(error));
    throw error;
  }
}
