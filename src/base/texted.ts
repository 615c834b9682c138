import { canonicalJson } from './canonical.ts';
import type { JsonValue } from './json.ts';

/** The canonical JSON of a value that never changes, made when it is first asked for. */
export class LazyText {
  private readonly value: JsonValue;
  private text: string | undefined;

  /** @param text the canonical JSON, where it is known */
  constructor(value: JsonValue, text?: string) {
    this.value = value;
    this.text = text;
  }

  get(): string {
    this.text ??= canonicalJson(this.value);
    return this.text;
  }
}

/**
 * Carries a value whose text is needed again and again: by a sandbox, by the log root, by the journal. The text is no member of it, so
 * a copy, which may hold another value, has none.
 */
export class Texted {
  readonly #text: LazyText;

  constructor(text: LazyText) {
    this.#text = text;
  }

  /** The text that something carries; one of its `value` where it carries none. */
  static of(carrier: object, value: JsonValue): LazyText {
    return #text in carrier ? carrier.#text : new LazyText(value);
  }
}
