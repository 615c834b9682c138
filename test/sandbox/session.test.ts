import { describe, expect, test } from 'vitest';
import type { ChannelEvents, OpenChannel } from '../../src/sandbox/channel.ts';
import type { HostMessage, StartMessage } from '../../src/sandbox/protocol.ts';
import { Session } from '../../src/sandbox/session.ts';
import { options, scripts, spec } from './probe.ts';

const START: StartMessage = { type: 'start', seed: '7', fuel: 1, components: [], blobs: [] };
const OK = { kind: 'ok', published: [], writes: [], logs: [] };

/** A sandbox that was taken over: it answers each kind of message with whatever it likes. */
function takenOver(
  replies: Partial<Record<HostMessage['type'], readonly unknown[]>>,
  closed: string[] = [],
): OpenChannel {
  return (events: ChannelEvents) => ({
    send: message =>
      queueMicrotask(() => {
        for (const reply of replies[message.type] ?? []) events.onMessage(reply);
      }),
    answer: () => {},
    close: async () => void closed.push('closed'),
  });
}

const ready = [{ type: 'ready', denied: [] }];

describe('a sandbox that lies is ended', () => {
  test.each([
    ['no object', 'VNES5008', [7]],
    ['an unknown message', 'VNES5008', [{ type: 'exec' }]],
    ['more outcomes than deliveries', 'VNES5008', [{ type: 'outcomes', outcomes: [OK, OK] }]],
    ['outcomes that are no list', 'VNES5008', [{ type: 'outcomes', outcomes: 'ok' }]],
    ["a read of another's key", 'VNES5008', [{ type: 'get', key: 'secret/' }]],
    ['a scan of everything', 'VNES5008', [{ type: 'scan', key: '' }]],
    ['ready once more', 'VNES5008', ready],
    [
      "a write to another's key",
      'VNES5008',
      [{ type: 'outcomes', outcomes: [{ ...OK, writes: [['x', '1']] }] }],
    ],
    [
      'broken JSON',
      'VNES1002',
      [{ type: 'outcomes', outcomes: [{ ...OK, published: [['out.v1', null, '{']] }] }],
    ],
  ])('after %s', async (_what, code, handle) => {
    const closed: string[] = [];
    const session = await Session.start(
      takenOver({ start: ready, handle }, closed),
      options(spec(new Uint8Array())),
      [],
      START,
    );
    await expect(session.handle(scripts('count'))).rejects.toThrow(code);
    await expect(session.init()).rejects.toThrow(code);
    expect(closed).toEqual(['closed']);
  });

  test('when it speaks without being asked', async () => {
    let speak: (message: unknown) => void = () => {};
    const open: OpenChannel = events => {
      speak = message => events.onMessage(message);
      return takenOver({ start: ready })(events, { memoryBytes: 0 });
    };
    const session = await Session.start(open, options(spec(new Uint8Array())), [], START);
    speak({ type: 'outcomes', outcomes: [OK] });
    await expect(session.init()).rejects.toThrow('VNES5008');
  });

  test('when it is not confined as its rung must be', async () => {
    const start = Session.start(
      takenOver({ start: ready }),
      options(spec(new Uint8Array())),
      ['read a file'],
      START,
    );
    await expect(start).rejects.toThrow('VNES5010');
  });

  test('when its code cannot be compiled', async () => {
    const open = takenOver({ start: [{ type: 'broken', reason: 'invalid opcode' }] });
    await expect(Session.start(open, options(spec(new Uint8Array())), [], START)).rejects.toThrow('VNES5004');
  });
});

test('outcomes may come in parts', async () => {
  const parts = [1, 2, 3].map(() => ({ type: 'outcomes', outcomes: [OK] }));
  const session = await Session.start(
    takenOver({ start: ready, handle: parts }),
    options(spec(new Uint8Array())),
    [],
    START,
  );
  expect(await session.handle(scripts('a', 'b', 'c'))).toHaveLength(3);
});

test('a failure of the state is the failure of the call', async () => {
  const state = {
    get: () => {
      throw new Error('the store is gone');
    },
    scan: () => [],
  };
  const open = takenOver({ start: ready, handle: [{ type: 'get', key: 'own/a' }] });
  const session = await Session.start(open, options(spec(new Uint8Array()), { state }), [], START);
  await expect(session.handle(scripts('a'))).rejects.toThrow('the store is gone');
  await expect(session.init()).rejects.toThrow('VNES5006');
});
