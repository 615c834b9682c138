import type { JsonValue } from '../base/json.ts';
import { Texted } from '../base/texted.ts';
import type { Outcome } from '../capsule/event.ts';

/** Whether what a sandbox reports is just what was foreseen, text by text: then nothing of it needs to be read. */
export function isForeseen(raw: unknown, foreseen: Outcome): boolean {
  if (typeof raw !== 'object' || raw === null) return false;
  const { kind, message, published, writes, logs } = raw as Record<string, unknown>;
  if (kind !== foreseen.kind) return false;
  if (foreseen.kind !== 'ok') return message === foreseen.message;
  const { effects } = foreseen;
  return (
    areSame(published, effects.published, ([topic, key, text], event) => {
      return topic === event.topic && key === event.key && text === textOf(event, event.payload);
    }) &&
    areSame(writes, effects.writes, ([key, text], write) => {
      return key === write.key && text === (write.value === null ? null : textOf(write, write.value));
    }) &&
    areSame(logs, effects.logs, ([level, message], log) => level === log.level && message === log.message)
  );
}

function areSame<T>(
  raw: unknown,
  foreseen: readonly T[],
  isSame: (raw: readonly unknown[], one: T) => boolean,
): boolean {
  if (!Array.isArray(raw) || raw.length !== foreseen.length) return false;
  return foreseen.every((one, index) => Array.isArray(raw[index]) && isSame(raw[index], one));
}

function textOf(effect: object, value: JsonValue): string {
  return Texted.of(effect, value).get();
}
