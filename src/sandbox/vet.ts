import { parseCanonical } from '../base/canonical-text.ts';
import { fail } from '../base/diagnostic.ts';
import type { JsonValue } from '../base/json.ts';
import { LIMITS } from '../base/limits.ts';
import { PublishedEffect, WriteEffect } from '../capsule/effects.ts';
import type { Effects, LogLevel, Outcome } from '../capsule/event.ts';
import type { ComponentSpec } from './contract.ts';
import { isForeseen } from './foreseen.ts';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];
const FAILED: readonly string[] = ['error', 'trap', 'fault'] satisfies Outcome['kind'][];

/**
 * Checks an outcome as a sandbox reported it, for the guest may have taken its sandbox over: shape, sizes, and once more
 * every topic and key against what the capsule declares. What was foreseen has been checked.
 * @throws Failure VNES5008
 */
export function vetOutcome(component: ComponentSpec, raw: unknown, foreseen?: Outcome): Outcome {
  if (foreseen && isForeseen(raw, foreseen)) return foreseen;
  const outcome = record(raw, 'an outcome');
  const kind = string(outcome.kind, 'the kind of an outcome');
  if (FAILED.includes(kind)) {
    return { kind: kind as 'error' | 'trap' | 'fault', message: string(outcome.message, 'a message') };
  }
  if (kind !== 'ok') broken(`an outcome of the kind ${kind.slice(0, 40)}`);
  return { kind: 'ok', effects: vetEffects(component, outcome) };
}

/** What deliveries took of their fuel, one number each, or nothing at all. @throws Failure VNES5008 */
export function vetFuel(raw: unknown, expected: number): readonly number[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw) || raw.length !== expected) return broken('fuel of other deliveries');
  return raw.every(units => Number.isSafeInteger(units) && units >= 0)
    ? raw
    : broken('fuel that is no number');
}

function vetEffects(component: ComponentSpec, outcome: Record<string, unknown>): Effects {
  return {
    published: list(outcome.published, 3).map(([topic, key, payload]) => {
      const of = declared(component.publishes, string(topic, 'a topic'), 'a topic');
      const text = string(payload, 'a JSON value');
      return new PublishedEffect(of, key === null ? null : string(key, 'an event key'), json(text), text);
    }),
    writes: list(outcome.writes, 2).map(([key, value]) => {
      const to = owned(component.access.owns, string(key, 'a state key'));
      if (value === null) return new WriteEffect(to, null);
      const text = string(value, 'a JSON value');
      return new WriteEffect(to, json(text), text);
    }),
    logs: list(outcome.logs, 2).map(([level, message]) => ({
      level: declared(LEVELS, string(level, 'a log level'), 'a log level') as LogLevel,
      message: string(message, 'a log message'),
    })),
  };
}

/** Whether anything in the sandbox may read this key or prefix. */
export function mayRead(component: ComponentSpec, key: string, seen = new Set<ComponentSpec>()): boolean {
  if (seen.has(component)) return false;
  seen.add(component);
  const { owns, reads } = component.access;
  if ([...owns, ...reads].some(prefix => key.startsWith(prefix))) return true;
  return Object.values(component.services).some(service => mayRead(service, key, seen));
}

/** A message of a sandbox as a record. @throws Failure VNES5008 */
export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return broken(`${what} that is no object`);
  return value as Record<string, unknown>;
}

/** @throws Failure VNES5008 */
export function string(value: unknown, what: string): string {
  return typeof value === 'string' && value.isWellFormed() ? value : broken(`${what} that is no text`);
}

/** @throws Failure VNES5008 */
export function broken(found: string): never {
  fail('VNES5008', 'a sandbox broke its protocol', {
    found,
    help: 'do not run this capsule: its code may have taken its sandbox over; please report it with the component',
  });
}

function list(value: unknown, width: number): unknown[][] {
  if (!Array.isArray(value) || value.length > LIMITS.effects)
    return broken('effects that are no list of allowed length');
  return value.every(item => Array.isArray(item) && item.length === width)
    ? value
    : broken('an effect of a wrong shape');
}

function declared(allowed: readonly string[], value: string, what: string): string {
  return allowed.includes(value) ? value : broken(`${what} that is not declared: ${value.slice(0, 80)}`);
}

function owned(prefixes: readonly string[], key: string): string {
  return prefixes.some(prefix => key.startsWith(prefix))
    ? key
    : broken(`a write to another's key: ${key.slice(0, 80)}`);
}

function json(text: string): JsonValue {
  const parsed = parseCanonical(text, { maxBytes: LIMITS.payloadBytes });
  return parsed === undefined ? broken('JSON that is not canonical') : parsed;
}
