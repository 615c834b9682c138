import { connect } from 'node:net';
import path from 'node:path';
import { type DiagnosticDetail, diagnose, Failure, fail } from '../../base/diagnostic.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Ports } from '../../base/ports.ts';
import { uint32 } from './strings.ts';

/** Types of messages (draft-ietf-sshm-ssh-agent, section 6.1). */
export const MESSAGE = {
  failure: 5,
  askIdentities: 11,
  identities: 12,
  askSignature: 13,
  signature: 14,
} as const;

/** The socket of the user's agent. @throws Failure VNES2036 when there is none. */
export function agentSocket({ env }: Ports): string {
  const socket = env.get('SSH_AUTH_SOCK');
  if (socket !== undefined && path.isAbsolute(socket)) return socket;
  return fail('VNES2036', 'there is no ssh-agent to ask', {
    expected: 'the path of its socket in SSH_AUTH_SOCK',
    found: socket === undefined ? 'no such variable' : JSON.stringify(socket),
    help: 'start one: eval "$(ssh-agent)" && ssh-add FILE',
  });
}

/**
 * Asks the agent one thing over a connection of its own, and returns the answer's type and body.
 * @throws Failure VNES2036 when nobody listens, VNES2037 when the answer is malformed or does not come within `waitMs`.
 */
export async function askAgent(
  socket: string,
  request: Uint8Array,
  waitMs: number,
): Promise<{ readonly type: number; readonly body: Buffer }> {
  const frame = await exchange(socket, Buffer.concat([uint32(request.length), request]), waitMs);
  return { type: frame[0]!, body: frame.subarray(1) };
}

/** What the agent answers is not what the protocol says. */
export function refuseAnswer(expected: string, found: string): never {
  throw malformed(expected, found);
}

/** Sends one frame and reads one: a length of four bytes, and as many bytes. */
function exchange(socket: string, frame: Uint8Array, waitMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const connection = connect({ path: socket, signal: AbortSignal.timeout(waitMs) });
    const end = (settle: () => void) => {
      connection.destroy();
      settle();
    };
    connection.on('connect', () => connection.write(frame));
    connection.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const read = readFrame(Buffer.concat(chunks));
      if (read) end(() => (Buffer.isBuffer(read) ? resolve(read) : reject(read)));
    });
    connection.on('error', error => end(() => reject(connectionFailure(error, socket, waitMs))));
    connection.on('close', () => reject(malformed('an answer', 'a connection that was closed before it')));
  });
}

/** The frame's content once it is whole; what is wrong with it; or undefined while it is not. */
function readFrame(bytes: Buffer): Buffer | Failure | undefined {
  if (bytes.length < 4) return undefined;
  const size = bytes.readUInt32BE();
  if (size === 0 || size > LIMITS.agentFrameBytes) {
    return malformed(`an answer of 1 to ${LIMITS.agentFrameBytes} bytes`, `one of ${size} bytes`);
  }
  if (bytes.length > 4 + size) return malformed(`an answer of ${size} bytes`, 'more than it announced');
  return bytes.length === 4 + size ? bytes.subarray(4) : undefined;
}

function connectionFailure(error: Error, socket: string, waitMs: number): Failure {
  if (error.name === 'AbortError') return malformed(`an answer within ${waitMs} ms`, 'none');
  const detail: DiagnosticDetail = {
    place: { file: socket },
    expected: 'an agent that listens there',
    found: 'code' in error ? String(error.code) : 'an error',
    help: 'see that ssh-add -l works; else start an agent: eval "$(ssh-agent)" && ssh-add FILE',
  };
  return new Failure(diagnose('VNES2036', 'the ssh-agent cannot be asked', detail));
}

function malformed(expected: string, found: string): Failure {
  const help = 'see that ssh-add -l works, and that SSH_AUTH_SOCK names an ssh-agent';
  return new Failure(
    diagnose('VNES2037', 'the ssh-agent does not answer as agents do', { expected, found, help }),
  );
}
