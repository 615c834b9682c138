import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { confine, type Launch } from '../confine/confine.ts';
import { type Confined, launch } from '../confine/launch.ts';
import type { NativeMessage, NativeReply } from '../protocol.ts';
import type { UnpinnedNative } from '../unpinned.ts';
import { BrokenFrame, encodeNative, FrameReader, OUT_OF_TURN } from './frames.ts';
import type { Program } from './programs.ts';

/** How a program stopped: by itself, which is recorded and replayed, or by something else, which nobody can replay. */
export type Stopped = { readonly trap: string } | { readonly died: string };

/** How a shell tells that a signal ended a program; bubblewrap does the same. */
const BY_SIGNAL = 128;
/** What a program does to itself. Any other signal came from the machine or from a person. */
const OWN_SIGNALS: Readonly<Record<string, string>> = {
  SIGSEGV: 'memory was accessed out of bounds (SIGSEGV)',
  SIGBUS: 'memory was accessed out of bounds (SIGBUS)',
  SIGFPE: 'an arithmetic operation failed (SIGFPE)',
  SIGILL: 'an instruction failed (SIGILL)',
  SIGABRT: 'the program aborted (SIGABRT)',
  SIGTRAP: 'the program aborted (SIGTRAP)',
  SIGSYS: 'it made a system call that no capsule may make (SIGSYS)',
  SIGXFSZ: 'it wrote a file (SIGXFSZ)',
};
const SETARCH = '/usr/bin/setarch';
const OPEN_FILES = 16;
const CPU_SECONDS = 7 * 24 * 3600;

/** One native program in a confined process. It is asked one thing at a time, and must say one thing each time. */
export class NativeProcess {
  private readonly plan: Launch;
  private readonly confined: Confined;
  private readonly reader = new FrameReader();
  private waiting: ((reply: NativeReply | { readonly died: string }) => void) | undefined;
  private stopped: Stopped | undefined;
  private number = 0;
  private spoke = false;

  /** @throws Error when nothing can be confined on this machine */
  constructor(program: Program, memoryBytes: number, bubblewrap: string, unpinned: UnpinnedNative = {}) {
    const limits = {
      openFiles: OPEN_FILES,
      fileBytes: 0,
      cpuSeconds: CPU_SECONDS,
      addressBytes: memoryBytes,
    };
    const environment = withVariables(program.environment, unpinned.variables);
    this.plan = confine({ ...program, environment, limits }, bubblewrap);
    const { plan } = this;
    this.confined = launch(unpinned.anywhere ? plan : atFixedAddresses(plan));
    const { process: child, channel } = this.confined;
    channel.on('data', (chunk: Buffer) => this.hear(chunk));
    channel.on('error', () => {});
    child.once('error', error => this.stop({ died: error.message }));
    child.once('close', (status, signal) => this.stop(this.endingOf(status ?? 0, signal)));
  }

  /** Hands it a message and waits for its frame. */
  exchange(message: NativeMessage): Promise<NativeReply | { readonly died: string }> {
    return new Promise(resolve => {
      this.waiting = resolve;
      this.number = (this.number + 1) >>> 0;
      if (this.stopped) this.tell(this.stopped);
      else this.confined.channel.write(encodeNative(this.number, message));
    });
  }

  end(): void {
    this.waiting = undefined;
    this.confined.process.kill('SIGKILL');
    this.confined.channel.destroy();
  }

  private hear(chunk: Buffer): void {
    if (this.stopped) return;
    this.spoke = true;
    try {
      if (!this.waiting) throw new BrokenFrame(OUT_OF_TURN);
      const messages = this.reader.push(chunk, this.number);
      if (!messages) return;
      this.reply({ type: 'native', messages });
      if (this.reader.isAhead) throw new BrokenFrame(OUT_OF_TURN);
    } catch (error) {
      if (!(error instanceof BrokenFrame)) throw error;
      this.stop({ trap: error.message });
    }
  }

  /** The first reason counts. */
  private stop(stopped: Stopped): void {
    this.stopped ??= stopped;
    this.confined.process.kill('SIGKILL');
    if (this.waiting) this.tell(this.stopped);
  }

  private tell(stopped: Stopped): void {
    this.reply('died' in stopped ? stopped : { type: 'native', ended: stopped.trap });
  }

  private reply(reply: NativeReply | { readonly died: string }): void {
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(reply);
  }

  private endingOf(status: number, signal: string | null): Stopped {
    const said = this.confined.said();
    if (!this.spoke && said.startsWith('bwrap: ')) return { died: said.trim() };
    const allowed = this.spoke ? undefined : this.plan.notDenied(status);
    if (allowed !== undefined) return { died: `it was not kept from this: ${allowed}` };
    const by = signal ?? signalNamed(status - BY_SIGNAL);
    if (by === undefined) return { trap: `the program ended with status ${status}` };
    const own = OWN_SIGNALS[by];
    return own === undefined ? { died: `it was ended by ${by}` } : { trap: own };
  }
}

/** The same program at the same addresses each time, where the system has a program that sees to it. */
function withVariables(
  environment: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): readonly string[] {
  const kept = environment.filter(each => !Object.hasOwn(variables, each.split('=')[0]!));
  return [...kept, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
}

function atFixedAddresses(plan: Launch): Launch {
  if (!existsSync(SETARCH)) return plan;
  return { ...plan, command: SETARCH, args: ['--addr-no-randomize', plan.command, ...plan.args] };
}

function signalNamed(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
}
