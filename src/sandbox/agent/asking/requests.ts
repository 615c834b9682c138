import type { Message, Part } from './parts.ts';
import { malformed } from './stopped.ts';

/** Answers one request of an interpreter or a program; what it throws with a `payload` becomes a refusal. */
export type Answering = (message: Message) => readonly Part[];

/** The host's functions (imports.ts) by interface. */
export interface HostInterfaces {
  readonly 'vnes:capsule/bus': { publish(topic: unknown, payload: unknown, key: unknown): unknown };
  readonly 'vnes:capsule/state': {
    get(key: unknown): string | undefined;
    scan(prefix: unknown): readonly { readonly key: string; readonly value: string }[];
    put(key: unknown, value: unknown): unknown;
    delete(key: unknown): unknown;
  };
  readonly 'vnes:capsule/rpc': { call(capability: unknown, method: unknown, payload: unknown): string };
  readonly 'vnes:capsule/clock': { now(): bigint };
  readonly 'vnes:capsule/entropy': { random(length: unknown): Uint8Array };
  readonly 'vnes:capsule/log': { write(level: unknown, message: unknown): unknown };
}

type Request = (host: HostInterfaces, ...parts: readonly (string | null)[]) => readonly Part[];

const LEVELS: readonly unknown[] = ['debug', 'info', 'warn', 'error'];

/** What the module `vnes` (python/vnes.py) and native programs (docs/native.md) can ask for, by number. */
const REQUESTS: Readonly<Record<number, Request>> = {
  1: (host, topic, payload, key) => nothing(host['vnes:capsule/bus'].publish(topic, payload, key)),
  2: (host, key) => [host['vnes:capsule/state'].get(key) ?? null],
  3: (host, prefix) => host['vnes:capsule/state'].scan(prefix).flatMap(({ key, value }) => [key, value]),
  4: (host, key, value) => nothing(host['vnes:capsule/state'].put(key, value)),
  5: (host, key) => nothing(host['vnes:capsule/state'].delete(key)),
  6: (host, capability, method, payload) => [host['vnes:capsule/rpc'].call(capability, method, payload)],
  7: host => [String(host['vnes:capsule/clock'].now())],
  8: (host, length) => [host['vnes:capsule/entropy'].random(lengthOf(length))],
  9: (host, level, message) => {
    if (!LEVELS.includes(level)) return malformed();
    return nothing(host['vnes:capsule/log'].write(level, message));
  },
};

/** Answers what is asked by the host's own functions, which check it. */
export function granting(host: HostInterfaces): Answering {
  return ({ kind, parts }) => {
    const request = REQUESTS[kind];
    return request ? request(host, ...parts) : malformed();
  };
}

/** Why something was refused: the host's functions throw an object with a `payload` for what the guest may go on after (imports.ts). */
export function refusalIn(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || error instanceof Error) return undefined;
  return 'payload' in error ? String(error.payload) : undefined;
}

/** The answer of what gives none. */
function nothing(_: unknown): readonly Part[] {
  return [];
}

/** As many bytes as a text says; the host's own limit comes later. */
function lengthOf(text: string | null | undefined): number {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : malformed();
}
