import { Json } from './json';
import { CAPSULE, TOPIC_SUMMARY_V1 } from './spec';
import { Event, log, publish, Result, state } from './vnes';

const SUMMARY = CAPSULE + '/summary';

/** Called once, before anything else, with `runtime.config` of the manifest as JSON. */
export function init(_config: string): Result {
  return Result.ok();
}

/** Handles one event: reads what is known, takes the reading in, writes and publishes the result. */
export function handle(event: Event): Result {
  const value = Json.parse(event.payload).get('value').asNumber();
  const stored = state.get(SUMMARY);
  const before = stored === null ? Json.object() : Json.parse(stored);
  const zero = Json.of(0);
  const count = before.getOr('count', zero).asNumber() + 1;
  const mean = before.getOr('mean', zero).asNumber();
  const summary = Json.object()
    .set('count', Json.of(count))
    .set('mean', Json.of(mean + (value - mean) / count))
    .toString();
  state.put(SUMMARY, summary).unwrap();
  log.debug(count.toString() + ' readings');
  return publish(TOPIC_SUMMARY_V1, summary, event.key);
}

/** Answers a call of another capsule. It may read state; it may not write or publish. */
export function serve(method: string, _payload: string): Result {
  return Result.error('unknown method ' + method);
}
