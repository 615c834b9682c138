import type { JsonValue } from '../../base/json.ts';
import type { WireComponent } from '../protocol.ts';
import type { Entry } from './owned.ts';
import type { Turn } from './turn.ts';

/** How a call into a component ended. */
export type Answer =
  | { readonly kind: 'ok'; readonly value: string }
  | { readonly kind: 'error' | 'trap'; readonly message: string };

/** A component that answers calls. */
export interface Service {
  serve(turn: Turn, method: string, payload: string, caller: string): Answer;
}

/** The component that the host's functions are called by, as they see it. */
export interface Caller {
  readonly spec: WireComponent;
  /** The delivery that it works on. */
  readonly turn: Turn;
  /** Whether it may write and publish: only the capsule itself does, and only when it handles an event. */
  readonly mayAct: boolean;
  /** Its name in messages about what was not allowed. */
  readonly actor: string;
  read(key: string): string | undefined;
  readAll(prefix: string): Entry[];
  service(capability: string): Service | 'undeclared' | 'too deep';
  /** What the next random bytes depend on. */
  nextRandomIdentity(): JsonValue;
  /** A log message as it appears among those of the delivery. */
  signed(message: string): string;
}
