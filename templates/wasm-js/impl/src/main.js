import { add, EMPTY } from './logic.js';
import { CAPSULE, TOPIC_SUMMARY_V1 } from './spec.js';
import { log, publish, state } from './vnes.js';

const SUMMARY = `${CAPSULE}/summary`;

/** Called once, before anything else, with `runtime.config` of the manifest. */
export function init(_config) {}

/** Handles one event: reads what is known, takes the reading in, writes and publishes the result. */
export function handle(event) {
  const summary = add(state.get(SUMMARY) ?? EMPTY, event.payload.value);
  state.put(SUMMARY, summary);
  publish(TOPIC_SUMMARY_V1, summary, event.key);
  log.debug(`${summary.count} readings`);
}
