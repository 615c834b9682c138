import { confine } from '../confine/confine.ts';
import { type Confined, launch } from '../confine/launch.ts';
import { bubblewrapHere } from '../confine/trial.ts';
import type { Confinement } from '../confine/types.ts';
import { Conversation, type Reply, type Running } from '../native/conversation.ts';
import { type Stopped, signalNamed, stoppedBy } from '../native/endings.ts';
import type { StartProgram } from '../native/host.ts';
import { limitsOfProgram, withVariables } from '../native/process.ts';
import type { NativeMessage } from '../protocol.ts';
import type { UnpinnedNative } from '../unpinned.ts';
import { notDeniedInside } from './guard.ts';
import { ENDED, MAILBOX, MOST_AT_A_TIME } from './mailbox.ts';
import { programMachine } from './program-machine.ts';
import { Stub } from './stub.ts';

const WORD = 4;
const NOTHING = Buffer.alloc(0);

/** Starts programs in machines of their own. @throws Error when there can be none on this host */
export function inMachine(unpinned: UnpinnedNative = {}): StartProgram {
  return (program, memoryBytes) => {
    const environment = withVariables(program.environment, unpinned.variables);
    return new ProgramInMachine({ ...program, environment, limits: limitsOfProgram(memoryBytes) }, unpinned);
  };
}

/** One native program in a virtual machine of its own, whose QEMU is a confined process. */
export class ProgramInMachine implements Running {
  /** Settles once the program could be spoken with, or never will be. */
  readonly ready: Promise<void>;
  private readonly program: Confinement;
  private readonly confined: Confined;
  private readonly stub: Stub;
  private readonly conversation: Conversation;

  /** @throws Error when there can be no machine on this host */
  constructor(program: Confinement, unpinned: UnpinnedNative) {
    this.program = program;
    const plan = confine(programMachine(program, unpinned), bubblewrapHere());
    this.confined = launch(plan);
    const { process: child, channel, said } = this.confined;
    this.stub = new Stub(channel);
    const conversation = new Conversation({
      write: bytes => void this.turn(Buffer.from(bytes)),
      kill: () => void child.kill('SIGKILL'),
    });
    this.conversation = conversation;
    channel.on('error', () => {});
    child.once('error', error => conversation.stop({ died: error.message }));
    const gone = new Promise<void>(resolve => {
      child.once('close', (status, signal) => {
        conversation.stop({ died: plan.notDenied(status ?? 0) ?? machineEnded(status, signal, said()) });
        resolve();
      });
    });
    this.ready = Promise.race([this.boot(), gone]);
  }

  exchange(message: NativeMessage): Promise<Reply> {
    return this.conversation.exchange(message);
  }

  end(): void {
    this.conversation.forget();
    this.confined.process.kill('SIGKILL');
    this.confined.channel.destroy();
  }

  private async boot(): Promise<void> {
    await this.attempt(async () => {
      await this.stub.watch(MAILBOX.bell);
      await this.stub.go();
    });
  }

  /** Hands the program a frame, and listens until it has answered with a whole one. */
  private async turn(frame: Buffer): Promise<void> {
    await this.ready;
    await this.attempt(async () => {
      for (let at = 0; at < frame.length; at += MOST_AT_A_TIME) {
        const end = at + MOST_AT_A_TIME;
        await this.give(frame.subarray(at, end), end < frame.length);
      }
      while (await this.listen()) await this.give(NOTHING, false);
    });
  }

  private async give(bytes: Buffer, more: boolean): Promise<void> {
    const head = Buffer.alloc(2 * WORD);
    head.writeUInt32LE(bytes.length, 0);
    head.writeUInt32LE(more ? 1 : 0, WORD);
    await this.stub.write(MAILBOX.given, Buffer.concat([head, bytes]));
    await this.stub.go();
  }

  /** Whether there is more to be heard. That is decided at once: whoever gets an answer may ask the next thing. */
  private async listen(): Promise<boolean> {
    const head = await this.stub.read(MAILBOX.said, 2 * WORD);
    const [length, status] = [head.readUInt32LE(0), head.readUInt32LE(WORD)];
    if (length === ENDED) this.conversation.stop(this.endingOf(status));
    else if (length > MOST_AT_A_TIME) throw new Error('the machine says more than there is room for');
    else this.conversation.hear(await this.stub.read(MAILBOX.words, length));
    return this.conversation.isWaiting;
  }

  /** `status` as wait(2) tells it. */
  private endingOf(status: number): Stopped {
    const [signal, code] = [status & 0x7f, (status >> 8) & 0xff];
    const failed = this.conversation.spoke ? undefined : notDeniedInside(this.program, code);
    if (failed !== undefined) return { died: `it was not kept from this: ${failed}` };
    return stoppedBy(code, signal === 0 ? undefined : signalNamed(signal));
  }

  private async attempt(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      this.conversation.stop({ died: error instanceof Error ? error.message : 'its machine failed' });
    }
  }
}

function machineEnded(status: number | null, signal: string | null, said: string): string {
  const how = signal ? `its machine was ended by ${signal}` : `its machine ended with status ${status}`;
  return [how, said.trim().split('\n', 1)[0]].filter(Boolean).join(': ');
}
