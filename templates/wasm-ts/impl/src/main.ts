import { Json } from './json';
import { Event, log, publish, Result, state } from './vnes';

/** Called once, before anything else, with `runtime.config` of the manifest as JSON. */
export function init(_config: string): Result {
  return Result.ok();
}

/** Handles one event of a topic that the manifest subscribes to. */
export function handle(event: Event): Result {
  const stored = state.get('count');
  const count = stored === null ? 1.0 : Json.parse(stored).number + 1.0;
  state.put('count', Json.of(count).toString()).unwrap();
  log.debug('handled ' + event.topic);
  return publish('out.v1', Json.object().set('count', Json.of(count)).toString());
}

/** Answers a call of another capsule. It may read state; it may not write or publish. */
export function serve(method: string, _payload: string): Result {
  return Result.error('unknown method ' + method);
}
