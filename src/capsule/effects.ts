import type { JsonValue } from '../base/json.ts';
import { LazyText, Texted } from '../base/texted.ts';

/** What a capsule publishes, with the text of its payload. */
export class PublishedEffect extends Texted {
  readonly topic: string;
  readonly key: string | null;
  readonly payload: JsonValue;

  /** @param text the canonical JSON of the payload, where it is known */
  constructor(topic: string, key: string | null, payload: JsonValue, text?: string) {
    super(new LazyText(payload, text));
    this.topic = topic;
    this.key = key;
    this.payload = payload;
  }
}

/** What a capsule writes to a key, with the text of the value; null deletes. */
export class WriteEffect extends Texted {
  readonly key: string;
  readonly value: JsonValue | null;

  /** @param text the canonical JSON of the value, where it is known */
  constructor(key: string, value: JsonValue | null, text?: string) {
    super(new LazyText(value, text));
    this.key = key;
    this.value = value;
  }
}
