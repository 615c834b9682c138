import { fail } from '../../base/diagnostic.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Channel, ChannelEvents, OpenChannel } from '../channel.ts';
import { findBubblewrap } from '../confine/bubblewrap.ts';
import type { ComponentSpec, InstanceOptions } from '../contract.ts';
import { reachable } from '../prepare.ts';
import type { NativeMessage } from '../protocol.ts';
import type { UnpinnedNative } from '../unpinned.ts';
import { NativeProcess } from './process.ts';
import { type BesideCode, programOf, runsBeside } from './programs.ts';

/**
 * The same channel, with the native programs of a capsule behind it, each in a confined process of its own that ends with the channel.
 * @throws Failure VNES5005, VNES5009
 */
export function withNatives(
  open: OpenChannel,
  options: InstanceOptions,
  unpinned: UnpinnedNative = {},
): OpenChannel {
  requireMemory(options);
  requireBubblewrap(options);
  return (events, limits) => new NativeHost(open, options, events, limits.memoryBytes, unpinned).channel;
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

class NativeHost {
  readonly channel: Channel;
  private readonly inner: Channel;
  private readonly events: ChannelEvents;
  private readonly codes: readonly ComponentSpec['code'][];
  private readonly memoryBytes: number;
  private readonly unpinned: UnpinnedNative;
  private readonly processes = new Map<string, NativeProcess>();
  private closed = false;

  constructor(
    open: OpenChannel,
    options: InstanceOptions,
    events: ChannelEvents,
    memoryBytes: number,
    unpinned: UnpinnedNative,
  ) {
    this.events = events;
    this.codes = reachable(options.component).map(({ code }) => code);
    this.memoryBytes = memoryBytes;
    this.unpinned = unpinned;
    const onMessage = (message: unknown) => this.receive(message);
    this.inner = open({ ...events, onMessage }, { memoryBytes });
    const { inner } = this;
    this.channel = {
      send: message => inner.send(message),
      answer: message => inner.answer(message),
      close: () => this.close(),
    };
  }

  private receive(message: unknown): void {
    const request = requestOf(message, this.codes);
    if (request === undefined) this.events.onMessage(message);
    else if (request === 'broken') this.events.onMessage(undefined);
    else void this.exchange(request);
  }

  private async exchange({ place, code, fresh, message }: Request): Promise<void> {
    try {
      const process = await this.processAt(place, code, fresh);
      const reply = process ? await process.exchange(message) : undefined;
      if (this.closed) return;
      if (reply === undefined) this.events.onMessage(undefined);
      else if ('died' in reply) this.events.onClose({ kind: 'died', reason: reply.died });
      else this.inner.answer(reply);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'its host failed';
      this.events.onClose({ kind: 'died', reason });
    }
  }

  /** Undefined for one that was never started, and for one too many. */
  private async processAt(
    place: string,
    code: BesideCode,
    fresh: boolean,
  ): Promise<NativeProcess | undefined> {
    const known = this.processes.get(place);
    if (!fresh) return known;
    known?.end();
    if (!known && this.processes.size >= LIMITS.nativeProcesses) return undefined;
    const program = await programOf(code);
    if (this.closed) return undefined;
    const process = new NativeProcess(program, this.memoryBytes, findBubblewrap()!, this.unpinned);
    this.processes.set(place, process);
    return process;
  }

  private async close(): Promise<void> {
    this.closed = true;
    for (const process of this.processes.values()) process.end();
    await this.inner.close();
  }
}

interface Request {
  readonly place: string;
  readonly code: BesideCode;
  readonly fresh: boolean;
  readonly message: NativeMessage;
}

/** What a sandbox asks of its native programs, checked; undefined when a message is about something else. */
function requestOf(raw: unknown, codes: readonly ComponentSpec['code'][]): Request | 'broken' | undefined {
  if (typeof raw !== 'object' || raw === null || (raw as { type?: unknown }).type !== 'native')
    return undefined;
  const { place, component, fresh, message } = raw as Record<string, unknown>;
  const code = codes[Number(component)];
  const sound = typeof place === 'string' && place.length <= MOST_OF_A_PLACE && typeof fresh === 'boolean';
  if (!sound || !code || !runsBeside(code) || !isMessage(message)) return 'broken';
  return { place, code, fresh, message };
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
