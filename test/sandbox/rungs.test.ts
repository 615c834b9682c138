import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callProgram } from '../../src/bus/schema.ts';
import type { Outcome } from '../../src/capsule/event.ts';
import type { ComponentSpec, Instance } from '../../src/sandbox/contract.ts';
import { rowFor, rungFor, zoneRow } from '../../src/sandbox/rungs.ts';
import { BUBBLEWRAP, lacks } from '../bubblewrap.ts';
import { buildProbe, options, said, scripts, spec, stateOf } from './probe.ts';

const ZONES = ['system', 'tenant'] as const;
const STATE = stateOf({ 'own/a': 1, 'own/b': { y: 2, x: [true, null] }, 'other/c': 'ľ', 'svc/n': 5 });
const BIG = `"${'x'.repeat(1024 * 1024)}"`;

const NUMBERED = {
  type: 'object',
  properties: { q: { type: 'number', title: 'words for people' } },
  required: ['q'],
  additionalProperties: false,
};

let probe: Uint8Array;
const cacheDir = mkdtempSync(join(tmpdir(), 'vnes-cache-'));
const started: Instance[] = [];

async function start(
  zone: (typeof ZONES)[number],
  change: Partial<ComponentSpec> = {},
  init = true,
): Promise<Instance> {
  const services: Record<string, ComponentSpec> = {};
  const service = spec(probe, { capsule: 'test.service', access: { owns: ['svc/'], reads: [] }, services });
  services.self = service;
  const component = spec(probe, { services: { geo: service }, ...change });
  const instance = await rungFor(zone, { cacheDir }).start(options(component, { state: STATE }));
  started.push(instance);
  if (init) expect(await instance.init()).toMatchObject({ kind: 'ok' });
  return instance;
}

beforeAll(async () => {
  probe = await buildProbe();
}, 60_000);
afterAll(async () => {
  await Promise.all(started.map(instance => instance.stop()));
});

for (const zone of ZONES)
  describe.skipIf(lacks(zone))(`a capsule of the zone ${zone}`, () => {
    let instance: Instance;
    const ask = async (...lines: string[]) => (await instance.handle(scripts(...lines))).map(said);
    beforeAll(async () => {
      instance = await start(zone);
    }, 30_000);

    test('has effects, in the order of its calls, the last write of a key winning', async () => {
      const [outcome] = await instance.handle(
        scripts(
          'put own/x 1;put own/y [1,2];put own/x {"b":1,"a":2};delete own/a;publish out.v1 3 k;log 2 hi',
        ),
      );
      expect(outcome).toEqual({
        kind: 'ok',
        effects: {
          published: [{ topic: 'out.v1', key: 'k', payload: 3 }],
          writes: [
            { key: 'own/y', value: [1, 2] },
            { key: 'own/x', value: { a: 2, b: 1 } },
            { key: 'own/a', value: null },
          ],
          logs: [{ level: 'warn', message: 'hi' }],
        },
      });
    });

    test('keeps what it wrote for the batches after, until it is renewed', async () => {
      await ask('put own/kept 1');
      expect(await ask('get own/kept;scan own/k;emit out.v1')).toEqual(['1,[own/kept=1]']);
      await instance.renew();
      expect(await ask('get own/kept;emit out.v1')).toEqual(['none']);
    });

    test('reads the state through its own writes of the batch', async () => {
      // The host did not take the writes of the test before.
      await instance.renew();
      expect(
        await ask(
          'get own/a;get own/none;get other/c;scan own/;emit out.v1',
          'put own/a 9;delete own/b;put own/0 0;get own/a;scan own/;emit out.v1',
          'get own/b;scan own/;emit out.v1',
          'put own/a 10;fail no',
          'get own/a;emit out.v1',
        ),
      ).toEqual([
        '1,none,"ľ",[own/a=1 own/b={"x":[true,null],"y":2}]',
        '9,[own/0=0 own/a=9]',
        'none,[own/0=0 own/a=9]',
        'error: no',
        '9',
      ]);
      await instance.renew();
      expect(await ask('get own/a;emit out.v1')).toEqual(['1']);
    });

    test('is given the event', async () => {
      expect(await ask('fail', 'now;payload;emit out.v1')).toEqual(['error: ', '1001,{"n":1}']);
    });

    test.each([
      ['unreachable', 'unreachable code was reached'],
      ['recurse', 'calls nested too deeply'],
      ['divide', 'an integer was divided by zero'],
      ['outside', 'memory was accessed out of bounds'],
      ['log 3 why;unreachable', 'unreachable code was reached: why'],
    ])('traps by "%s", loses its effects and memory, and goes on', async (script, message) => {
      const outcomes = await ask(
        'count;count;emit out.v1',
        `put own/t 1;${script}`,
        'count;get own/t;emit out.v1',
      );
      expect(outcomes.slice(1)).toEqual([`trap: ${message}`, '1,none']);
    });

    test.each([
      ['publish other.v1 1', 'published on other.v1, which the manifest does not declare'],
      [
        'publish out.v1 {"a":1,"a":2}',
        'the payload for out.v1 is not acceptable JSON: the key "a" occurs twice',
      ],
      [
        'publish out.v1 1e999',
        'the payload for out.v1 is not acceptable JSON: the number 1e999 cannot be kept exactly',
      ],
      ['put other/x 1', 'wrote the key other/x, which it does not own'],
      ['delete other/x', 'wrote the key other/x, which it does not own'],
      ['put own/x nope', 'the value for own/x is not acceptable JSON: a JSON value is missing'],
      [`put own/x ${BIG}`, 'the value for own/x is not acceptable JSON: the JSON document is too large'],
      [`put own/${'k'.repeat(1100)} 1`, 'wrote a key that is empty or over 1024 bytes'],
      ['get svc/n', 'test.probe read svc/n, which the manifest does not declare'],
      ['scan o', 'test.probe read o, which the manifest does not declare'],
      ['scan ', 'test.probe read everything, which the manifest does not declare'],
      ['random 65537', 'test.probe asked for 65537 random bytes; at most 65536 are allowed'],
      ['call nope m 1', 'called nope, which the manifest does not require'],
      ['call geo put+svc/n+1 1', 'test.service, which serves, wrote the key svc/n'],
      ['call geo publish+out.v1+1 1', 'test.service, which serves, published on out.v1'],
      ['call geo get+own/a 1', 'test.service, which serves, read own/a, which the manifest does not declare'],
    ])('commits a fault by "%s", which undoes the delivery', async (script, message) => {
      const outcomes = await ask(`put own/f 1;${script}`, 'get own/f;emit out.v1');
      expect(outcomes).toEqual([`fault: ${message}`, 'none']);
    });

    test('is stopped when it asks for too much', async () => {
      const [many, huge] = await ask('log 1 x;'.repeat(10_001), 'big own/x 1000000;'.repeat(17));
      expect(many).toBe('fault: more than 10000 effects in one delivery');
      expect(huge).toBe('fault: more than 16777216 bytes of effects in one delivery');
    });

    test('hands over more than fits one message', async () => {
      const full = 'big own/x 1000000;'.repeat(15);
      const outcomes = await instance.handle(scripts(full, full, full, full, full));
      expect(outcomes.map(outcome => outcome.kind)).toEqual(Array(5).fill('ok'));
      expect(await ask('count')).toHaveLength(1);
    });

    test('deletes a key by writing null, for itself as for everybody', async () => {
      await ask('put own/gone 1');
      const [outcome] = await instance.handle(
        scripts('put own/gone null;get own/gone;scan own/gone;emit out.v1'),
      );
      expect(said(outcome)).toBe('none,[]');
      expect(outcome).toMatchObject({ effects: { writes: [{ key: 'own/gone', value: null }] } });
      expect(await ask('get own/gone;emit out.v1')).toEqual(['none']);
    });

    test('that asks until its stack is full traps, and the next answer is to the next question', async () => {
      const answers = await ask(
        ...Array.from({ length: 2 }, () => ['dig', 'get other/c;emit out.v1']).flat(),
      );
      const overflow = 'trap: calls nested too deeply';
      expect(answers).toEqual(Array.from({ length: 2 }, () => [overflow, '"ľ"']).flat());
    });

    test('whose init refuses after a renewal is not taken for one that handles events', async () => {
      const refusing = await start(zone, { config: '"fail no"' }, false);
      expect(await refusing.renew()).toMatchObject({ kind: 'error' });
      expect((await refusing.handle(scripts('now'))).map(said)).toEqual([
        'trap: init failed after a restart: no',
      ]);
    });

    test('is answered by services that are its own and keep their memory', async () => {
      expect(
        await ask(
          'call geo count null;call geo count!get+svc/n null;call geo now!payload {"q":1};emit out.v1',
        ),
      ).toEqual(['ok:"1",ok:"2,5",ok:"1000,{\'q\':1}"']);
      expect(await ask('call geo fail+sorry 1;call geo unreachable 1;call geo count 1;emit out.v1')).toEqual([
        'err:sorry,err:geo trapped: unreachable code was reached,ok:"1"',
      ]);
    });

    test('is at fault when a call breaks the schemas of its method, on either side', async () => {
      const program = (schema: object) => callProgram(JSON.stringify(schema));
      const request = { path: 'spec/q.json', program: await program(NUMBERED) };
      const response = { path: 'spec/a.json', program: await program({ type: 'string', maxLength: 2 }) };
      const geo = spec(probe, { capsule: 'test.service', methods: { payload: { request, response } } });
      const calling = await start(zone, { services: { geo } });
      const outcomes = await calling.handle(
        scripts(
          'call geo payload {"q":1};call geo count 1;emit out.v1',
          'put own/z 1;call geo payload {"q":"1"}',
          'call geo payload {"q":1,"toString":2}',
          'call geo count!count!count!count [];get own/z;emit out.v1',
        ),
      );
      expect(outcomes.map(said)).toEqual([
        'fault: VNES7008: test.probe called payload of test.service, which answered with a response that breaks spec/a.json: expected this many characters at most: 2, found "{\'q\':1}"',
        'fault: VNES7008: test.probe called payload of test.service with a request that breaks spec/q.json at /q: expected a number, found "1"',
        'fault: VNES7008: test.probe called payload of test.service with a request that breaks spec/q.json at /toString: expected only q, found the key "toString"',
        'ok:"1,2,3,4",none',
      ]);
      const early = await start(zone, { services: { geo }, config: '"call geo payload {}"' }, false);
      expect(said(await early.init())).toBe(
        'fault: VNES7008: test.probe, in init, called payload of test.service with a request that breaks spec/q.json: expected the key "q", found an empty object',
      );
    });

    test('is stopped when calls are nested too deep', async () => {
      const [answer] = await ask('call geo nest null;emit out.v1');
      expect(String(answer).match(/ok:/g)).toHaveLength(7);
      expect(answer).toContain('err:calls are nested deeper than 8');
    });

    test('cannot grow over its memory', async () => {
      expect(await ask('grow 100;grow 2000;emit out.v1')).toEqual(['grown,refused']);
    });

    test('starts anew by renew', async () => {
      await ask('count');
      expect(await instance.renew()).toMatchObject({ kind: 'ok' });
      expect(await ask('count;emit out.v1')).toEqual(['1']);
    });

    test('reads in init, and may do nothing else there', async () => {
      const reads = await start(zone, { config: '"get own/a"' });
      expect(await reads.handle(scripts('count'))).toMatchObject([{ kind: 'ok' }]);
      const writes = await start(zone, { config: '"put own/a 1"' }, false);
      expect(said(await writes.init())).toBe('fault: test.probe, in init, wrote the key own/a');
      const fails = await start(zone, { config: '"fail unwilling"' }, false);
      expect(said(await fails.init())).toBe('error: unwilling');
    });

    test('handles nothing, and 1,000 deliveries at once', async () => {
      expect(await instance.handle([])).toEqual([]);
      expect(new Set(await ask(...Array(1000).fill('emit out.v1')))).toEqual(new Set(['']));
    });
  });

test.skipIf(!BUBBLEWRAP)(
  'both rungs and every run give the same outcomes',
  async () => {
    const instances = [await start('system'), await start('tenant')];
    const command = fc.constantFrom(
      ...[
        'random 7',
        'random 40',
        'count',
        'now',
        'get own/a',
        'scan own/',
        'put own/a 3',
        'put own/z "q"',
        'delete own/b',
      ],
      ...[
        'call geo count!random+9 1',
        'call geo unreachable 1',
        'unreachable',
        'recurse',
        'fail x',
        'put no 1',
        'emit out.v1',
        'log 3 x',
      ],
    );
    const batch = fc.array(fc.array(command, { maxLength: 5 }), { minLength: 1, maxLength: 5 });
    const run = async (instance: Instance, lines: string[]): Promise<readonly Outcome[]> => {
      await instance.renew();
      return instance.handle(scripts(...lines));
    };
    await fc.assert(
      fc.asyncProperty(batch, async scriptsOfBatch => {
        const lines = scriptsOfBatch.map(commands => `${commands.join(';')};emit out.v1`);
        const [worker, child] = await Promise.all(instances.map(instance => run(instance, lines)));
        expect(child).toEqual(worker);
        expect(await run(instances[0]!, lines)).toEqual(worker);
      }),
      { numRuns: 40 },
    );
  },
  30_000,
);

test('randomness differs by seed, event, capsule and call', async () => {
  const instance = await start('system');
  const texts = (
    await instance.handle(
      scripts('random 8;random 8;call geo random+8 1;emit out.v1', 'random 8;emit out.v1'),
    )
  ).map(said);
  const other = await rungFor('system', { cacheDir }).start(options(spec(probe), { seed: '8' }));
  started.push(other);
  await other.init();
  texts.push(...(await other.handle(scripts('random 8;emit out.v1'))).map(said));
  const hex = texts.join(',').match(/8:[0-9a-f]{16}/g);
  expect(hex).toHaveLength(5);
  expect(new Set(hex).size).toBe(5);
});

test('where no process can be confined, there is no machine either', () => {
  expect(() => rungFor('ephemeral', { obstacle: 'none is there' })).toThrow('VNES5009');
});

test('a machine has no scratch space, also for who only answers in it', async () => {
  const code = { language: 'native', bytes: new Uint8Array(), scratchBytes: 1 } as const;
  const answering = spec(new Uint8Array(), { capsule: 'test.service', code });
  const instance = options(spec(new Uint8Array(), { services: { geo: answering } }));
  await expect(rowFor(zoneRow('ephemeral'), instance)).rejects.toThrow('VNES5009');
});
