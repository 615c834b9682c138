import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SigningKey } from '../../src/trust/private-key.ts';
import { signCapsule } from '../../src/trust/sign.ts';
import { agentIdentities, agentSigner } from '../../src/trust/ssh/agent-key.ts';
import { publicBlob } from '../../src/trust/ssh/public-key.ts';
import { readStrings, sshString, uint32 } from '../../src/trust/ssh/strings.ts';
import { makeCapsule, newKey } from '../trust/capsules.ts';
import { failure, fakeAgent, frame } from './agents.ts';

const PATIENCE = { lookupMs: 300, signingMs: 300 };
const KEY = newKey();
const IDENTITIES = 12;
const SIGNATURE = 14;
const ASKS_IDENTITIES = 11;

function identities(...blobs: readonly Uint8Array[]): Buffer {
  const strings = blobs.flatMap((blob, at) => [sshString(blob), sshString(`key${at}`)]);
  return frame(Buffer.of(IDENTITIES), uint32(blobs.length), ...strings);
}

function signature(bytes: Uint8Array, kind = 'ssh-ed25519'): Buffer {
  return frame(Buffer.of(SIGNATURE), sshString(Buffer.concat([sshString(kind), sshString(bytes)])));
}

/** The bytes that a request to sign asks about. */
function asked(request: Buffer): Buffer {
  return readStrings(request.subarray(1, -4))![1]!;
}

/** An agent that shows `KEY`, and answers requests to sign as the test says. */
function agentThat(answers: (request: Buffer, socket: Socket) => void) {
  return fakeAgent((request, socket) =>
    request[0] === ASKS_IDENTITIES
      ? void socket.write(identities(publicBlob(KEY.public)))
      : answers(request, socket),
  );
}

test('an honest one is believed, however its answer is cut up', async () => {
  const ports = await agentThat((request, socket) => {
    const answer = signature(KEY.sign(asked(request)));
    for (const byte of answer) socket.write(Buffer.of(byte));
  });
  const signer = await agentSigner('key0', ports, PATIENCE);
  const folder = makeCapsule();
  expect((await signCapsule(folder, 'counter', signer, ports)).signatures).toBe(1);
});

describe('a list of keys is refused', () => {
  const blob = publicBlob(KEY.public);
  const LISTS: readonly (readonly [string, string, (socket: Socket) => void])[] = [
    ['that is longer than agents may be', 'VNES2037', socket => socket.write(uint32(0xffff_ffff))],
    ['one byte longer', 'VNES2037', socket => socket.write(uint32(256 * 1024 + 1))],
    ['that is empty', 'VNES2037', socket => socket.write(uint32(0))],
    ['that ends early', 'VNES2037', socket => socket.end(identities(blob).subarray(0, -1))],
    ['that never comes', 'VNES2037', () => {}],
    ['that never ends', 'VNES2037', socket => socket.write(identities(blob).subarray(0, -1))],
    [
      'with bytes after it',
      'VNES2037',
      socket => socket.write(Buffer.concat([identities(blob), Buffer.of(0)])),
    ],
    ['from an agent that hangs up', 'VNES2037', socket => socket.destroy()],
    ['of another type', 'VNES2037', socket => socket.write(frame(Buffer.of(5)))],
    ['without a count', 'VNES2037', socket => socket.write(frame(Buffer.of(IDENTITIES)))],
    ['with a cut count', 'VNES2037', socket => socket.write(frame(Buffer.of(IDENTITIES, 0, 0)))],
    [
      'of fewer keys than it counts',
      'VNES2037',
      socket => socket.write(frame(Buffer.of(IDENTITIES), uint32(1))),
    ],
    [
      'of more keys than it counts',
      'VNES2037',
      socket => socket.write(frame(Buffer.of(IDENTITIES), uint32(0), sshString(blob), sshString('x'))),
    ],
    [
      'with a string beyond its end',
      'VNES2037',
      socket => socket.write(frame(Buffer.of(IDENTITIES), uint32(1), sshString(blob), uint32(9))),
    ],
    ['with no key that is meant', 'VNES2031', socket => socket.write(identities())],
    ['with a blob of nothing', 'VNES2032', socket => socket.write(identities(Buffer.alloc(0)))],
    [
      'with a key of 31 bytes',
      'VNES2032',
      socket =>
        socket.write(identities(Buffer.concat([sshString('ssh-ed25519'), sshString(Buffer.alloc(31, 7))]))),
    ],
    [
      'with a key of small order',
      'VNES2032',
      socket =>
        socket.write(identities(Buffer.concat([sshString('ssh-ed25519'), sshString(Buffer.alloc(32))]))),
    ],
    [
      'with a key and more',
      'VNES2032',
      socket => socket.write(identities(Buffer.concat([blob, sshString('more')]))),
    ],
    [
      'with a key on a FIDO device',
      'VNES2032',
      socket => {
        const fields = ['sk-ssh-ed25519@openssh.com', KEY.public.raw, 'ssh:'].map(each => sshString(each));
        socket.write(identities(Buffer.concat(fields)));
      },
    ],
  ];

  test.each(LISTS)('%s', async (_, code, say) => {
    const ports = await fakeAgent((__, socket) => say(socket));
    expect((await failure(() => agentSigner('key0', ports, PATIENCE)))?.code).toBe(code);
  });

  test('whatever its bytes are', async () => {
    let answer: Uint8Array = Buffer.alloc(0);
    const ports = await fakeAgent((_, socket) => socket.end(answer));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map(body => frame(Buffer.of(IDENTITIES), body)),
      fc.uint8Array({ maxLength: 100 }).map(body => Buffer.from(body)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async said => {
        answer = said;
        const found = await failure(() => agentIdentities(ports, PATIENCE));
        expect(['VNES2037', undefined]).toContain(found?.code);
      }),
      { numRuns: 50 },
    );
  });

  test('counts a key once, however often it is shown', async () => {
    const ports = await fakeAgent((_, socket) => void socket.write(identities(blob, blob)));
    expect(await agentIdentities(ports, PATIENCE)).toHaveLength(1);
  });
});

describe('a signature is refused', () => {
  const other: SigningKey = newKey();
  const SIGNATURES: readonly (readonly [string, string, (request: Buffer, socket: Socket) => void])[] = [
    ['by another key', 'VNES2038', (request, socket) => socket.write(signature(other.sign(asked(request))))],
    ['over other bytes', 'VNES2038', (_, socket) => socket.write(signature(KEY.sign(Buffer.from('other'))))],
    [
      'with one bit changed',
      'VNES2038',
      (request, socket) => {
        const good = KEY.sign(asked(request));
        socket.write(signature(good.with(10, good[10]! ^ 1)));
      },
    ],
    ['of 63 bytes', 'VNES2038', (_, socket) => socket.write(signature(Buffer.alloc(63, 1)))],
    [
      'of another kind',
      'VNES2037',
      (request, socket) => socket.write(signature(KEY.sign(asked(request)), 'ssh-rsa')),
    ],
    [
      'with flags of a FIDO device after it',
      'VNES2037',
      (request, socket) => {
        const parts = ['ssh-ed25519', KEY.sign(asked(request)), Buffer.of(1)].map(each => sshString(each));
        socket.write(frame(Buffer.of(SIGNATURE), sshString(Buffer.concat(parts))));
      },
    ],
    ['that is none', 'VNES2037', (_, socket) => socket.write(frame(Buffer.of(SIGNATURE)))],
    ['of type success', 'VNES2037', (_, socket) => socket.write(frame(Buffer.of(6)))],
    ['that is longer than agents may be', 'VNES2037', (_, socket) => socket.write(uint32(0x7fff_ffff))],
    ['that never comes', 'VNES2037', () => {}],
    ['by an agent that hangs up', 'VNES2037', (_, socket) => socket.destroy()],
    ['that is a refusal', 'VNES2039', (_, socket) => socket.write(frame(Buffer.of(5)))],
  ];

  test.each(SIGNATURES)('%s, and no receipt is written', async (_, code, answers) => {
    const ports = await agentThat(answers);
    const signer = await agentSigner('key0', ports, PATIENCE);
    const folder = makeCapsule();
    const problem = await failure(() => signCapsule(folder, 'counter', signer, ports));
    expect(problem?.code).toBe(code);
    expect(problem?.help).toBeDefined();
    expect(existsSync(path.join(folder, 'receipt.stunir.json'))).toBe(false);
  });
});
