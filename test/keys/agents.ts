import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import type { Ports } from '../../src/base/ports.ts';
import { askAgent } from '../../src/trust/ssh/agent.ts';
import { sshString, uint32 } from '../../src/trust/ssh/strings.ts';
import { portsIn, temporaryFolder } from '../trust/capsules.ts';

/** Whether OpenSSH's agent is here; says so when it is not. */
export const HAS_AGENT = ['ssh-agent', 'ssh-add', 'ssh-keygen'].every(program => has(program));

/** Whether a program can be started; says so when it cannot, for its tests are skipped then. */
export function has(program: string): boolean {
  const found = spawnSync(program, ['-?'], { stdio: 'ignore' }).error === undefined;
  if (!found) process.stderr.write(`skipped: ${program} is not installed\n`);
  return found;
}

/** An agent of the test's own, which ends with it. */
export class Agent {
  readonly folder = temporaryFolder();
  readonly socket = path.join(this.folder, 'agent');
  readonly ports: Ports = portsIn(this.folder, { SSH_AUTH_SOCK: this.socket });

  static async start(): Promise<Agent> {
    const agent = new Agent();
    const child = spawn('ssh-agent', ['-D', '-a', agent.socket], {
      env: { PATH: process.env.PATH, HOME: agent.folder },
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    for (let tries = 0; tries < 500 && !existsSync(agent.socket); tries += 1)
      await new Promise(done => setTimeout(done, 10));
    return agent;
  }

  /** Makes a key with `ssh-keygen` and gives it to the agent; returns the path of the private half. */
  add(name: string, type: readonly string[] = ['-t', 'ed25519'], how: readonly string[] = []): string {
    const file = path.join(this.folder, name.replace(/\W/g, '_'));
    this.run('ssh-keygen', ['-q', '-N', '', '-C', name, ...type, '-f', file]);
    this.run('ssh-add', ['-q', ...how, file]);
    return file;
  }

  /** As `ssh-add -x` does, which asks on a terminal for the passphrase. */
  async lock(): Promise<void> {
    const LOCK = 22;
    await askAgent(this.socket, Buffer.concat([Buffer.of(LOCK), sshString('secret')]), 10_000);
  }

  run(program: string, args: readonly string[], input = ''): string {
    const env = { PATH: process.env.PATH, HOME: this.folder, SSH_AUTH_SOCK: this.socket };
    const { status, stdout, stderr } = spawnSync(program, args, { env, input, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
    return stdout;
  }
}

/** The public half beside a private key of OpenSSH. */
export function publicLine(file: string): string {
  return readFileSync(`${file}.pub`, 'utf8');
}

/** What a fake agent does about a request, its type first. */
export type Say = (request: Buffer, socket: Socket) => void;

/** An agent that says what a test wants. */
export async function fakeAgent(say: Say): Promise<Ports> {
  const folder = temporaryFolder();
  const socket = path.join(folder, 'agent');
  const server = createServer(connection => {
    const chunks: Buffer[] = [];
    connection.on('error', () => {});
    connection.on('data', chunk => {
      chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      if (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE()) say(bytes.subarray(4), connection);
    });
  });
  await new Promise<void>(done => server.listen(socket, done));
  onTestFinished(() => void server.close());
  return portsIn(folder, { SSH_AUTH_SOCK: socket });
}

/** A frame of an agent. */
export function frame(...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint32(body.length), body]);
}

/** The first diagnostic of what fails. */
export async function failure(action: () => unknown) {
  try {
    await action();
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0];
    throw error;
  }
  return undefined;
}
