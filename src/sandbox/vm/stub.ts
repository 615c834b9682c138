import type { Duplex } from 'node:stream';

/** More than QEMU takes or says at a time, of its 4096. */
const MOST_OF_A_REPLY = 8192;
/** Bytes of memory in one question, at two digits each. */
const AT_A_TIME = 1024;
const PACKET = /^\+*\$([^#$]*)#([0-9a-f]{2})/;
/** What is said when a store to a watched address has stopped the machine. */
const STOPPED = /^T05.*watch:/;

/** QEMU said what nobody asked for, or nothing that can be read. */
class Misunderstood extends Error {}

/**
 * QEMU's stub for debuggers (GDB's remote serial protocol), as far as it takes to read and write the memory of a machine that stands still and
 * to let it go on. While the machine runs nothing may be sent, for any byte would stop it anywhere.
 */
export class Stub {
  private readonly channel: Duplex;
  private text = '';
  private waiting: { resolve(reply: string): void; reject(error: Error): void } | undefined;

  constructor(channel: Duplex) {
    this.channel = channel;
    channel.on('data', (chunk: Buffer) => this.hear(chunk.toString('latin1')));
  }

  /** Lets the machine stop when something is written to the four bytes at this address. */
  async watch(address: number): Promise<void> {
    await this.order(`Z2,${hex(address)},4`);
  }

  /** Lets the machine go on until it stops by itself. */
  async go(): Promise<void> {
    const reply = await this.ask('c');
    if (!STOPPED.test(reply))
      throw new Misunderstood(`the machine stopped otherwise than it should: ${reply}`);
  }

  async read(address: number, length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = 0; at < length; at += AT_A_TIME) {
      const size = Math.min(AT_A_TIME, length - at);
      const part = Buffer.from(await this.ask(`m${hex(address + at)},${hex(size)}`), 'hex');
      if (part.length !== size) throw new Misunderstood('QEMU cannot read the memory of the machine');
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  async write(address: number, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += AT_A_TIME) {
      const part = bytes.subarray(at, at + AT_A_TIME);
      await this.order(`M${hex(address + at)},${hex(part.length)}:${part.toString('hex')}`);
    }
  }

  private async order(command: string): Promise<void> {
    const reply = await this.ask(command);
    if (reply !== 'OK') throw new Misunderstood(`QEMU refused a command: ${reply.slice(0, 20)}`);
  }

  private ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.channel.write(`$${command}#${checksum(command)}`, 'latin1');
    });
  }

  private hear(text: string): void {
    this.text += text;
    const found = PACKET.exec(this.text);
    if (!found && this.text.length <= MOST_OF_A_REPLY) return;
    const [whole, reply = '', sum] = found ?? [this.text];
    this.text = this.text.slice(whole.length);
    const { waiting } = this;
    this.waiting = undefined;
    if (sum === checksum(reply)) waiting?.resolve(reply);
    else waiting?.reject(new Misunderstood('QEMU said what nobody understands'));
  }
}

function hex(value: number): string {
  return value.toString(16);
}

function checksum(text: string): string {
  let sum = 0;
  for (const byte of Buffer.from(text, 'latin1')) sum = (sum + byte) & 0xff;
  return sum.toString(16).padStart(2, '0');
}
