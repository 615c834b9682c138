import { Failure, fail } from '../../base/diagnostic.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Ports } from '../../base/ports.ts';
import type { PublicKey } from '../public-key.ts';
import { PATIENCE, type Signer } from '../signer.ts';
import { agentSocket, askAgent, MESSAGE, refuseAnswer } from './agent.ts';
import { fingerprint, KIND, keyOfBlob, kindOf } from './public-key.ts';
import { readStrings, sshString, uint32 } from './strings.ts';

/** What `--key` begins with when the key is in an agent. */
export const AGENT_SCHEME = 'ssh-agent:';

/** A key that an agent holds. */
export interface Identity {
  readonly blob: Buffer;
  readonly comment: string;
  /** As `ssh-add -l` prints it. */
  readonly fingerprint: string;
  /** Its kind, such as `ssh-rsa`; or why a key of the right kind cannot be used. */
  readonly kind: string;
  /** Only a key that can sign receipts has one. */
  readonly public?: PublicKey;
}

/** The keys of the user's agent, each once, in its order. @throws Failure VNES2036, VNES2037 */
export async function agentIdentities(ports: Ports, patience = PATIENCE): Promise<readonly Identity[]> {
  const { type, body } = await askAgent(
    agentSocket(ports),
    Buffer.of(MESSAGE.askIdentities),
    patience.lookupMs,
  );
  const strings = readStrings(body.subarray(4));
  if (type !== MESSAGE.identities || body.length < 4 || strings?.length !== 2 * body.readUInt32BE()) {
    return refuseAnswer('a list of keys', `a message of type ${type} and ${body.length} bytes`);
  }
  const identities = strings.flatMap((blob, at) => (at % 2 === 0 ? [identity(blob, strings[at + 1]!)] : []));
  return [...new Map(identities.map(each => [each.fingerprint, each])).values()];
}

function identity(blob: Buffer, comment: Buffer): Identity {
  const facts = { blob, comment: comment.toString('utf8'), fingerprint: fingerprint(blob) };
  try {
    return { ...facts, kind: kindOf(blob), public: keyOfBlob(blob) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const kind = kindOf(blob);
    return { ...facts, kind: kind === KIND ? String(error.diagnostics[0].found) : kind };
  }
}

/**
 * The key of the user's agent that `name` means: its fingerprint (`SHA256:...`) or its comment, in full.
 * @throws Failure VNES2031 when none or several fit, VNES2032 for a key of another kind, VNES2036, VNES2037; signing also
 * VNES2039 when the agent refuses, VNES2041 for a message that no agent takes.
 */
export async function agentSigner(name: string, ports: Ports, patience = PATIENCE): Promise<Signer> {
  const identities = await agentIdentities(ports, patience);
  const named = identities.filter(each => [each.fingerprint, each.comment].includes(name));
  const chosen = named.filter(each => each.public);
  if (chosen.length !== 1) refuseChoice(name, identities, named);
  const { blob, comment, public: key } = chosen[0]!;
  const sign = (message: Uint8Array) => signed(blob, message, agentSocket(ports), patience.signingMs);
  return { public: key!, name: comment.split('@')[0]!, sign };
}

/** Has the agent sign (draft-ietf-sshm-ssh-agent, section 3.6): it gives the raw signature over these very bytes. */
async function signed(blob: Buffer, message: Uint8Array, socket: string, waitMs: number): Promise<Buffer> {
  const parts = [Buffer.of(MESSAGE.askSignature), sshString(blob), sshString(message), uint32(0)];
  const request = Buffer.concat(parts);
  if (request.length > LIMITS.agentFrameBytes) refuseLength(message.length);
  const { type, body } = await askAgent(socket, request, waitMs);
  if (type === MESSAGE.failure) refuseSigning();
  const [answer, ...more] = readStrings(body) ?? [];
  const [kind, signature, ...rest] = (answer && readStrings(answer)) ?? [];
  const whole = signature && more.length + rest.length === 0 && kind?.toString('latin1') === KIND;
  if (type === MESSAGE.signature && whole) return signature;
  return refuseAnswer('an Ed25519 signature', `a message of type ${type} and ${body.length} bytes`);
}

function refuseChoice(name: string, all: readonly Identity[], named: readonly Identity[]): never {
  const usable = all.filter(each => each.public);
  const [other] = named;
  if (other && named.every(each => !each.public)) {
    fail('VNES2032', 'the key in the agent cannot sign receipts', {
      expected: `a key of the kind ${KIND}`,
      found: `${other.kind} ${other.fingerprint}`,
      help: 'make one and give it to the agent: ssh-keygen -t ed25519 -f FILE && ssh-add FILE',
    });
  }
  const many = named.length > 1;
  const message = many
    ? `several keys in the agent are called ${JSON.stringify(name)}`
    : all.length > 0
      ? `the agent holds no key ${JSON.stringify(name)}`
      : 'the agent shows no keys';
  fail('VNES2031', message, {
    expected: usable.map(described).join('; ') || `a key of the kind ${KIND}`,
    found: many
      ? `${named.length} keys`
      : all.length > 0
        ? JSON.stringify(name)
        : 'none: it is empty or locked',
    help: usable[0]
      ? `choose one by its fingerprint: --key ${AGENT_SCHEME}${usable[0].fingerprint}`
      : 'ssh-add FILE; or ssh-add -X if it is locked',
  });
}

function described({ fingerprint: print, comment }: Identity): string {
  return `${print} (${JSON.stringify(comment)})`;
}

function refuseSigning(): never {
  fail('VNES2039', 'the ssh-agent refuses to sign', {
    expected: 'a signature',
    found: 'a refusal: the agent is locked, nobody confirmed, or the key may only be used to log in',
    help: 'see ssh-add -l; unlock the agent with ssh-add -X, or add the key again: ssh-add FILE',
  });
}

function refuseLength(bytes: number): never {
  fail('VNES2041', 'what is to be signed is too long for an ssh-agent', {
    expected: `at most ${LIMITS.agentFrameBytes} bytes, with what stands around it`,
    found: `${bytes} bytes`,
    help: 'sign with a key in a PEM file: vnes keys create',
  });
}
