import { fail } from '../../base/diagnostic.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Channel, ChannelEvents, ChannelLimits, OpenChannel } from '../channel.ts';
import { findBubblewrap } from '../confine/bubblewrap.ts';
import type { InstanceOptions } from '../contract.ts';
import { reachable } from '../prepare.ts';
import type { NativeMessage } from '../protocol.ts';
import type { UnpinnedNative } from '../unpinned.ts';
import type { Running } from './conversation.ts';
import { NativeProcess } from './process.ts';
import { type Program, programOf } from './programs.ts';

/** Starts a program, which may use so many bytes of memory. @throws Error when nothing can be started on this machine */
export type StartProgram = (program: Program, memoryBytes: number) => Running;

/** In a confined process. */
export function inProcess(unpinned: UnpinnedNative = {}): StartProgram {
  return (program, memoryBytes) => new NativeProcess(program, memoryBytes, findBubblewrap()!, unpinned);
}

/**
 * The same channel, with the native programs of a capsule behind it, each in a process or a machine of its own that ends with the channel.
 * @throws Failure VNES5005, VNES5009, VNES5033, VNES5035
 */
export async function withNatives(
  open: OpenChannel,
  options: InstanceOptions,
  start: StartProgram,
): Promise<OpenChannel> {
  requireMemory(options);
  requireBubblewrap(options);
  const programs = await Promise.all(reachable(options.component).map(({ code }) => programOf(code)));
  const { capsule } = options.component;
  return (events, limits) => new NativeHost(open, { programs, capsule, events, limits, start }).channel;
}

function requireMemory({ component, limits }: InstanceOptions): void {
  if (limits.memoryBytes >= LIMITS.nativeMemoryBytes) return;
  fail('VNES5005', 'a native program needs more memory than the capsule allows', {
    place: { file: `${component.capsule}@${component.version}` },
    expected: `at least ${LIMITS.nativeMemoryBytes} bytes`,
    found: `${limits.memoryBytes} bytes`,
    help: 'raise runtime.memory_limit_mb in the manifest',
  });
}

function requireBubblewrap({ component }: InstanceOptions): void {
  const missing = process.platform === 'linux' ? 'bubblewrap' : 'Linux';
  if (missing === 'bubblewrap' && findBubblewrap() !== undefined) return;
  fail('VNES5009', `there is no sandbox for native code, which ${component.capsule} needs`, {
    expected: 'a process confined by bubblewrap on Linux, in every trust zone',
    found: `no ${missing}`,
    help: 'apt-get install bubblewrap',
  });
}

interface Means {
  /** By index of component; undefined for code that runs inside of the sandbox. */
  readonly programs: readonly (Program | undefined)[];
  /** Id of the sandbox's own capsule, the first of the components. */
  readonly capsule: string;
  readonly events: ChannelEvents;
  readonly limits: ChannelLimits;
  readonly start: StartProgram;
}

class NativeHost {
  readonly channel: Channel;
  private readonly inner: Channel;
  private readonly means: Means;
  private readonly processes = new Map<string, Running>();
  /** The capsule's own program, started while the sandbox starts; it is taken once. */
  private early: Running | undefined;
  private closed = false;

  constructor(open: OpenChannel, means: Means) {
    this.means = means;
    const onMessage = (message: unknown) => this.receive(message);
    this.inner = open({ ...means.events, onMessage }, means.limits);
    const { inner } = this;
    const [own] = means.programs;
    if (own) this.early = this.spawn(own);
    this.channel = {
      send: message => inner.send(message),
      answer: message => inner.answer(message),
      close: () => this.close(),
    };
  }

  private receive(message: unknown): void {
    const { programs, events } = this.means;
    const request = requestOf(message, programs);
    if (request === undefined) void this.pass(message);
    else if (request === 'broken') events.onMessage(undefined);
    else void this.exchange(request);
  }

  /** What a program takes to start is the sandbox's time, and not that of the capsule. */
  private async pass(message: unknown): Promise<void> {
    const { early, means } = this;
    if (early?.ready && typeOf(message) === 'ready') await early.ready;
    means.events.onMessage(message);
  }

  private async exchange({ place, program, fresh, message }: Request): Promise<void> {
    const { events } = this.means;
    try {
      const process = this.processAt(place, program, fresh);
      const reply = process ? await process.exchange(message) : undefined;
      if (this.closed) return;
      if (reply === undefined) events.onMessage(undefined);
      else if ('died' in reply) events.onClose({ kind: 'died', reason: reply.died });
      else this.inner.answer(reply);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'its host failed';
      events.onClose({ kind: 'died', reason });
    }
  }

  /** Undefined for one that was never started, and for one too many. */
  private processAt(place: string, program: Program, fresh: boolean): Running | undefined {
    const known = this.processes.get(place);
    if (!fresh) return known;
    known?.end();
    if (!known && this.processes.size >= LIMITS.nativeProcesses) return undefined;
    const early = place === this.means.capsule ? this.early : undefined;
    if (early) this.early = undefined;
    const process = early ?? this.spawn(program);
    this.processes.set(place, process);
    return process;
  }

  private spawn(program: Program): Running {
    const { limits, start } = this.means;
    return start(program, limits.memoryBytes);
  }

  private async close(): Promise<void> {
    this.closed = true;
    this.early?.end();
    for (const process of this.processes.values()) process.end();
    await this.inner.close();
  }
}

interface Request {
  readonly place: string;
  readonly program: Program;
  readonly fresh: boolean;
  readonly message: NativeMessage;
}

/** What a sandbox asks of its native programs, checked; undefined when a message is about something else. */
function requestOf(raw: unknown, programs: Means['programs']): Request | 'broken' | undefined {
  if (typeOf(raw) !== 'native') return undefined;
  const { place, component, fresh, message } = raw as Record<string, unknown>;
  const program = programs[Number(component)];
  const sound = typeof place === 'string' && place.length <= MOST_OF_A_PLACE && typeof fresh === 'boolean';
  if (!sound || !program || !isMessage(message)) return 'broken';
  return { place, program, fresh, message };
}

function typeOf(raw: unknown): unknown {
  return typeof raw === 'object' && raw !== null ? (raw as { type?: unknown }).type : undefined;
}

/** Ids of as many capsules as calls may be nested. */
const MOST_OF_A_PLACE = 4096;

function isMessage(raw: unknown): raw is NativeMessage {
  if (typeof raw !== 'object' || raw === null) return false;
  const { kind, parts } = raw as Record<string, unknown>;
  return (
    Number.isInteger(kind) &&
    (kind as number) >= 0 &&
    (kind as number) < 256 &&
    Array.isArray(parts) &&
    parts.every(isPart)
  );
}

function isPart(raw: unknown): boolean {
  if (raw === null || typeof raw === 'string') return true;
  return typeof raw === 'object' && typeof (raw as { base64?: unknown }).base64 === 'string';
}
