import { existsSync } from 'node:fs';
import { confine, type Launch } from '../confine/confine.ts';
import { type Confined, launch } from '../confine/launch.ts';
import type { ConfinedLimits } from '../confine/types.ts';
import type { NativeMessage } from '../protocol.ts';
import type { UnpinnedNative } from '../unpinned.ts';
import { Conversation, type Reply, type Running } from './conversation.ts';
import { type Stopped, signalNamed, stoppedBy } from './endings.ts';
import type { Program } from './programs.ts';

/** How a shell tells that a signal ended a program; bubblewrap does the same. */
const BY_SIGNAL = 128;
const SETARCH = '/usr/bin/setarch';
const OPEN_FILES = 16;
const CPU_SECONDS = 7 * 24 * 3600;

/** What a program may use, wherever it runs. */
export function limitsOfProgram(memoryBytes: number): ConfinedLimits {
  return { openFiles: OPEN_FILES, fileBytes: 0, cpuSeconds: CPU_SECONDS, addressBytes: memoryBytes };
}

/** One native program in a confined process. */
export class NativeProcess implements Running {
  private readonly plan: Launch;
  private readonly confined: Confined;
  private readonly conversation: Conversation;

  /** @throws Error when nothing can be confined on this machine */
  constructor(program: Program, memoryBytes: number, bubblewrap: string, unpinned: UnpinnedNative = {}) {
    const environment = withVariables(program.environment, unpinned.variables);
    const { scratchBytes } = program;
    // More than there is room for, so that a full folder is an error and not the end.
    const writing = scratchBytes === undefined ? {} : { scratchBytes, fileBytes: 2 * scratchBytes };
    const limits = { ...limitsOfProgram(memoryBytes), ...writing };
    this.plan = confine({ ...program, environment, limits }, bubblewrap);
    const { plan } = this;
    this.confined = launch(unpinned.anywhere ? plan : atFixedAddresses(plan));
    const { process: child, channel } = this.confined;
    const conversation = new Conversation({
      write: bytes => void channel.write(bytes),
      kill: () => void child.kill('SIGKILL'),
    });
    this.conversation = conversation;
    channel.on('data', (chunk: Buffer) => conversation.hear(chunk));
    channel.on('error', () => {});
    child.once('error', error => conversation.stop({ died: error.message }));
    child.once('close', (status, signal) => conversation.stop(this.endingOf(status ?? 0, signal)));
  }

  exchange(message: NativeMessage): Promise<Reply> {
    return this.conversation.exchange(message);
  }

  end(): void {
    this.conversation.forget();
    this.confined.process.kill('SIGKILL');
    this.confined.channel.destroy();
  }

  private endingOf(status: number, signal: string | null): Stopped {
    const said = this.confined.said();
    const { spoke } = this.conversation;
    if (!spoke && said.startsWith('bwrap: ')) return { died: said.trim() };
    const allowed = spoke ? undefined : this.plan.notDenied(status);
    if (allowed !== undefined) return { died: `it was not kept from this: ${allowed}` };
    return stoppedBy(status, signal ?? signalNamed(status - BY_SIGNAL));
  }
}

/** An environment with other variables, or more. */
export function withVariables(
  environment: readonly string[] = [],
  variables: Readonly<Record<string, string>> = {},
): readonly string[] {
  const kept = environment.filter(each => !Object.hasOwn(variables, each.split('=')[0]!));
  return [...kept, ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
}

/** The same program at the same addresses each time, where the system has a program that sees to it. */
function atFixedAddresses(plan: Launch): Launch {
  if (!existsSync(SETARCH)) return plan;
  return { ...plan, command: SETARCH, args: ['--addr-no-randomize', plan.command, ...plan.args] };
}
