import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/capsule/event.ts';
import type { ComponentSpec, Instance, InstanceLimits } from '../../src/sandbox/contract.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { buildProbe, options, said, scripts, spec, stateOf } from '../sandbox/probe.ts';
import { ABSENT, compileC, nativeSpec } from './native.ts';

const SOURCE = join(import.meta.dirname, 'attacks.c');
const MEMORY = 64 * 1024 * 1024;
let program: Uint8Array;
let probe: Uint8Array;
const running: Instance[] = [];

beforeAll(async () => {
  if (ABSENT) return;
  program = compileC(SOURCE);
  probe = await buildProbe();
}, 60_000);
afterEach(async () => {
  for (const instance of running.splice(0)) await instance.stop();
});

type Zone = 'system' | 'tenant' | 'session';

async function start(
  component: ComponentSpec = nativeSpec(program),
  limits: Partial<InstanceLimits> = {},
  zone: Zone = 'tenant',
): Promise<Instance> {
  const all = { timeoutMs: 20_000, memoryBytes: MEMORY, fuel: 1e9, ...limits };
  const instance = await rungFor(zone).start(
    options(component, { limits: all, state: stateOf({ 'own/a': 1 }) }),
  );
  running.push(instance);
  expect(await instance.init()).toMatchObject({ kind: 'ok' });
  return instance;
}

const SEGV = 'trap: memory was accessed out of bounds (SIGSEGV)';
const SYSTEM_CALL = 'trap: it made a system call that no capsule may make (SIGSYS)';
const MALFORMED = 'trap: a request to the host was malformed';
const OUT_OF_TURN = 'trap: a frame came out of turn';
const TOO_LONG = 'trap: a part is longer than its frame';

/** What the program does, and what is recorded of it. */
const OUTCOMES: readonly (readonly [name: string, outcome: string | undefined])[] = [
  ['garbage', 'trap: a frame has an impossible length'],
  ['zero', 'trap: a frame has an impossible length'],
  ['oversize', 'trap: a frame has an impossible length'],
  ['flood', OUT_OF_TURN],
  ['truncated', 'trap: a frame holds no message'],
  ['half', 'trap: the program ended with status 4'],
  ['stale', OUT_OF_TURN],
  ['empty', 'trap: a frame holds no message'],
  ['whole flood', TOO_LONG],
  ['long part', TOO_LONG],
  ['cut part', TOO_LONG],
  ['no utf8', 'trap: a text is not UTF-8'],
  ['surrogate', 'trap: a text is not UTF-8'],
  ['parts', 'trap: a message has too many parts'],
  ['no result', MALFORMED],
  ['unknown end', MALFORMED],
  ['unknown question', MALFORMED],
  ["host's kind", MALFORMED],
  ['bad level', MALFORMED],
  ['bad length', MALFORMED],
  ['question first', MALFORMED],
  ['no topic', 'trap: the canonical ABI was violated'],
  ['undeclared', 'fault: published on none.v1, which the manifest does not declare'],
  ['not json', 'fault: the payload for out.v1 is not acceptable JSON: an object key is missing'],
  ['foreign', 'fault: wrote the key other/c, which it does not own'],
  ['peek', 'fault: test.probe read secret/x, which the manifest does not declare'],
  ['greedy', 'fault: test.probe asked for 70000 random bytes; at most 65536 are allowed'],
  ['no service', 'fault: called none, which the manifest does not require'],
  ['publishes', 'fault: more than 10000 effects in one delivery'],
  ['messages', 'trap: a frame holds too many messages'],
  ['megabytes', 'trap: more than 16 MiB for the host in one go'],
  ['shouts', 'heard'],
  ['prints', 'printed'],
  ['segv', SEGV],
  ['fpe', 'trap: an arithmetic operation failed (SIGFPE)'],
  ['trap', 'trap: an instruction failed (SIGILL)'],
  ['abort', 'trap: the program aborted (SIGABRT)'],
  ['deep', SEGV],
  ['exits', 'trap: the program ended with status 7'],
  ['leaves', 'trap: the program ended with status 0'],
  ['gives up', 'trap: no more'],
  ['refuses', 'error: not today'],
  ['clock call', 'denied 38'],
  ['getrandom', 'denied 38'],
  ['fork', SYSTEM_CALL],
  ['thread', SYSTEM_CALL],
  ['socket', SYSTEM_CALL],
  ['parent', SYSTEM_CALL],
  ['itself', SYSTEM_CALL],
  ['sleep', SYSTEM_CALL],
  ['exec', 'denied 2'],
  ['passwd', 'denied 2'],
  ['proc', 'denied 2'],
  ['writes', 'denied 30'],
  ['own file', 'denied 13'],
  ['memory', 'ran out'],
  ['arena', 'trap: memory ran out'],
  ['environment', 'empty'],
  ...(process.arch === 'x64' ? ([['rdtsc', SEGV]] as const) : []),
];

describe.skipIf(ABSENT)(`a native program ${ABSENT}`, () => {
  test('whatever it does, an outcome is recorded, and the next delivery meets a new process', async () => {
    const instance = await start();
    const names = OUTCOMES.flatMap(([name]) => [name, 'count']);
    const found = (await instance.handle(scripts(...names))).map(said);
    const lives = new Set(['heard', 'printed', 'ran out', 'empty']);
    let count = 0;
    for (const [index, [name, outcome]] of OUTCOMES.entries()) {
      expect([name, found[2 * index]]).toEqual([name, outcome]);
      const goes = !lives.has(outcome!) && !/^(denied|error)/.test(outcome!);
      count = goes ? 1 : count + 1;
      expect([name, found[2 * index + 1]], 'afterwards').toEqual([name, String.fromCharCode(48 + count)]);
    }
  }, 60_000);

  test('reads the files that it was given, and cannot write them', async () => {
    const granted = new Map([['/data/words', Buffer.from('alpha')]]);
    const instance = await start(
      nativeSpec(program, { code: { language: 'native', bytes: program, granted } }),
    );
    const found = (await instance.handle(scripts('granted', 'granted write'))).map(said);
    expect(found).toEqual(['alpha', 'denied 13']);
  });

  test('that asks for scratch space keeps files there, up to its size and until it ends', async () => {
    const code = { language: 'native', bytes: program, scratchBytes: 1024 * 1024 } as const;
    const instance = await start(nativeSpec(program, { code }));
    const asked = [
      'scratch',
      'scratch out',
      'scratch keep',
      'scratch keep',
      'abort',
      'scratch keep',
      'scratch much',
    ];
    expect((await instance.handle(scripts(...asked))).map(said)).toEqual([
      'kept',
      'denied 30',
      'allowed 0',
      'denied 17',
      'trap: the program aborted (SIGABRT)',
      'allowed 0',
      'denied 28',
    ]);
  });

  test('gets no time from its C library, however that asks for it', async () => {
    const instance = await start();
    for (const found of (await instance.handle(scripts('clock', 'time'))).map(said))
      expect(['denied 38', SEGV]).toContain(found);
  });

  test('that answers twice has answered once, and is ended', async () => {
    const instance = await start();
    expect((await instance.handle(scripts('twice', 'count', 'count'))).map(said)).toEqual([
      undefined,
      OUT_OF_TURN,
      '1',
    ]);
  });

  test('that asks without end runs out of fuel', async () => {
    const instance = await start(nativeSpec(program), { fuel: 1_000_000 });
    expect((await instance.handle(scripts('questions', 'count'))).map(said)).toEqual([
      'trap: out of fuel',
      '1',
    ]);
  });

  test('in a loop ends the run by its time, and leaves nothing behind', async () => {
    const instance = await start(nativeSpec(program), { timeoutMs: 700 });
    await expect(instance.handle(scripts('count', 'loops'))).rejects.toThrow('VNES5007');
    await expect(instance.handle(scripts('count'))).rejects.toThrow('VNES5007');
    await instance.stop();
    await expect.poll(confined, { timeout: 5_000 }).toEqual([]);
  });

  test('that is killed from outside ends the run', async () => {
    const instance = await start();
    const call = instance.handle(scripts('loops'));
    const failed = expect(call).rejects.toThrow('VNES5006');
    for (const pid of confined()) process.kill(pid, 'SIGKILL');
    await failed;
  });

  test('lies at the same addresses each time', async () => {
    const found = new Set<unknown>();
    for (const zone of ['system', 'tenant', 'session'] as const) {
      const instance = await start(nativeSpec(program), {}, zone);
      found.add(said((await instance.handle(scripts('where')))[0]));
    }
    expect([...found]).toEqual([expect.stringMatching(/^0x[0-9a-f]+ 0x[0-9a-f]+$/)]);
  });

  test('that is none is told by what the system says of it', async () => {
    const nothing = nativeSpec(Buffer.from('#!/bin/sh\n'));
    const instance = await rungFor('tenant').start(options(nothing));
    running.push(instance);
    const found = await instance.init().catch((error: unknown) => error as Error);
    expect(found).toMatchObject({ message: expect.stringMatching(/VNES5006|ended with status/) });
  });

  test('without enough memory is refused', async () => {
    const small = options(nativeSpec(program), { limits: { timeoutMs: 1, memoryBytes: 1024, fuel: 1 } });
    await expect(rungFor('tenant').start(small)).rejects.toThrow('VNES5005');
  });

  test.each(['system', 'tenant'] as const)(
    'calls native services and components, in the zone %s',
    async zone => {
      const native = nativeSpec(program, { capsule: 'test.service' });
      const component = spec(probe, { capsule: 'test.service' });
      const first = await start(nativeSpec(program, { services: { geo: native } }), {}, zone);
      const called = (await first.handle(scripts('calls', 'calls'))) as Extract<Outcome, { kind: 'ok' }>[];
      expect(called.map(said)).toEqual([{ a: [1] }, { a: [1] }]);
      expect(called[1]!.effects.logs.map(({ message }) => message)).toEqual([
        '"sorry"',
        'geo trapped: a service gave up',
      ]);
      const second = await start(nativeSpec(program, { services: { geo: component } }), {}, zone);
      expect((await second.handle(scripts('wasm', 'wasm'))).map(said)).toEqual(['1', '2']);
      const third = await start(spec(probe, { services: { geo: native } }), {}, zone);
      const asked = await third.handle(
        scripts('call geo x 1;call geo fail 2;call geo traps 3;emit out.v1', 'count;emit out.v1'),
      );
      expect(asked.map(said)).toEqual(['ok:1,err:2,err:geo trapped: a service gave up', '1']);
    },
    60_000,
  );
});

/** Processes of this program's, from /proc. */
function confined(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => isOurs(pid));
}

function isOurs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return state !== 'Z' && Number(parent) === process.pid && command.includes('bwrap');
  } catch {
    return false;
  }
}
