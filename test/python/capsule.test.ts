import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callProgram } from '../../src/bus/schema.ts';
import type { Outcome } from '../../src/capsule/event.ts';
import type { ComponentSpec, Instance } from '../../src/sandbox/contract.ts';
import { lacks } from '../bubblewrap.ts';
import { said, scripts } from '../sandbox/probe.ts';
import { pythonSpec, startPython } from './python.ts';

const SERVICES: Record<string, ComponentSpec> = {};
const SERVICE = pythonSpec(
  {},
  { capsule: 'test.service', access: { owns: ['svc/'], reads: [] }, services: SERVICES },
);
SERVICES.self = SERVICE;
const started: Instance[] = [];

async function start(
  zone: 'system' | 'session',
  change: Partial<ComponentSpec> = {},
  files = {},
): Promise<Instance> {
  const instance = await startPython(zone, pythonSpec(files, { services: { geo: SERVICE }, ...change }));
  started.push(instance);
  return instance;
}

afterAll(async () => {
  await Promise.all(started.map(instance => instance.stop()));
});

function logs(outcome: Outcome | undefined) {
  return outcome?.kind === 'ok'
    ? outcome.effects.logs.map(({ level, message }) => `${level} ${message}`)
    : outcome;
}

for (const zone of ['system', 'session'] as const)
  describe.skipIf(lacks(zone))(`a Python capsule of the zone ${zone}`, () => {
    let instance: Instance;
    const ask = async (...lines: string[]) => (await instance.handle(scripts(...lines))).map(said);
    beforeAll(async () => {
      instance = await start(zone, { config: '{"greeting":"ahoj"}' });
      expect(await instance.init()).toMatchObject({ kind: 'ok' });
    }, 120_000);

    test('has effects, in the order of its calls, the last write of a key winning', async () => {
      const [outcome] = await instance.handle(
        scripts(
          '!vnes.state.put("own/x", 1); vnes.state.put("own/y", [1, 2]); vnes.state.put("own/x", {"b": 1.0, "a": 2}); vnes.state.delete("own/a"); vnes.publish("out.v1", 3, "k"); vnes.log.warn("hi")',
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
      await instance.renew();
    });

    test('reads the state through its own writes of the batch', async () => {
      expect(
        await ask(
          '[vnes.state.get("own/a"), vnes.state.get("own/none"), vnes.state.get("own/none", 7), vnes.state.get("other/c"), vnes.state.scan("own/")]',
          '[vnes.state.put("own/a", 9), vnes.state.delete("own/b"), vnes.state.put("own/0", 0), vnes.state.scan("own/")]',
          '[vnes.state.get("own/b"), vnes.state.get("own/a")]',
        ),
      ).toEqual([
        [
          1,
          null,
          7,
          'ľ',
          [
            ['own/a', 1],
            ['own/b', { x: [true, null], y: 2 }],
          ],
        ],
        [
          null,
          null,
          null,
          [
            ['own/0', 0],
            ['own/a', 9],
          ],
        ],
        [null, 9],
      ]);
      await instance.renew();
    });

    test('is given the event, its configuration and virtual time', async () => {
      expect(
        await ask(
          '[event.topic, event.partition, event.offset, event.time, event.payload, repr(event)[:18]]',
          '[vnes.config(), settings["greeting"], vnes.now(), __import__("time").time()]',
        ),
      ).toEqual([
        ['in.v1', 0, 0, 1000, { n: 0 }, "Event('in.v1', 0, "],
        [{ greeting: 'ahoj' }, 'ahoj', 1001, 1.001],
      ]);
    });

    test('makes lines of the log of what it prints', async () => {
      const [outcome] = await instance.handle(
        scripts(
          '!import sys; print("one", 1); print("two\\nthree"); print("four", end=""); print("five", file=sys.stderr)',
        ),
      );
      expect(logs(outcome)).toEqual(['info one 1', 'info two', 'info three', 'warn five', 'info four']);
    });

    test('is answered by services that are its own and keep their memory', async () => {
      expect(
        await ask(
          '[vnes.call("geo", "count"), vnes.call("geo", "[payload, vnes.state.get(\'svc/n\')]", {"q": 1})]',
          'vnes.call("geo", "vnes.call(\'self\', \'vnes.now()\')")',
        ),
      ).toEqual([[0, [{ q: 1 }, 5]], 1001]);
      expect(
        await ask(
          '!try: vnes.call("geo", "1/0")\nexcept vnes.Refusal as error: vnes.publish("out.v1", str(error))',
        ),
      ).toEqual([
        'geo trapped: ZeroDivisionError: division by zero\n  impl/src/main.py:21 in serve\n  <string>:1 in <module>',
      ]);
    });

    test('cannot make light of a call that breaks the schema of its method', async () => {
      const response = { path: 'spec/odd.json', program: await callProgram('{"type":"string"}') };
      const geo: ComponentSpec = { ...SERVICE, services: {}, methods: { payload: { response } } };
      const calling = await start(zone, { services: { geo } });
      const outcomes = await calling.handle(
        scripts(
          '!try: vnes.call("geo", "payload", 1)\nexcept vnes.Refusal: vnes.publish("out.v1", "fine")',
          'vnes.call("geo", "payload", "ok")',
        ),
      );
      expect(outcomes.map(said)).toEqual([
        'fault: VNES7008: test.probe called payload of test.service, which answered with a response that breaks spec/odd.json: expected a string, found 1',
        'ok',
      ]);
    });

    test('refuses an event and lives on', async () => {
      await instance.renew();
      expect(await ask('count', '!raise vnes.Refusal("no")', 'count')).toEqual([1, 'error: no', 3]);
    });

    test('that raises anything else ends in a trap with its traceback, without a path of this machine', async () => {
      expect(
        await ask(
          '!vnes.state.put("own/t", 1)\nimport json\njson.loads("[")',
          '[count, vnes.state.get("own/t")]',
        ),
      ).toEqual([
        'trap: JSONDecodeError: Expecting value: line 1 column 2 (char 1)\n  impl/src/main.py:15 in run\n  <string>:3 in <module>\n' +
          '  python/json/__init__.py:346 in loads\n  python/json/decoder.py:337 in decode\n  python/json/decoder.py:355 in raw_decode',
        [1, null],
      ]);
    });

    test.each([
      ['!while True: pass', 'out of fuel'],
      ['!x = bytearray(10**9)', 'memory ran out'],
      ['!x = []\nwhile True: x.append(bytes(10**6))', 'memory ran out'],
      [
        '!class A:\n  def __repr__(self): return repr(self)\nimport sys; sys.setrecursionlimit(10**6); repr(A())',
        'calls nested too deeply',
      ],
      ['!import json; json.loads("[" * 100000)', 'calls nested too deeply'],
      ['!f = lambda g: g(g)\nf(f)', /^RecursionError: maximum recursion depth exceeded\n/],
      ['!import os; os._exit(0)', 'the interpreter ended'],
      ['!import os; os.abort()', 'the interpreter ended'],
      ['!raise SystemExit', /^SystemExit\n/],
      ['!vnes.publish("out.v1", float("nan"))', /^ValueError: Out of range float values/],
      ['!vnes.publish("out.v1", {1, 2})', /^TypeError: Object of type set is not JSON serializable/],
    ])('traps by "%s", loses its effects and memory, and goes on', async (script, message) => {
      const [first, second] = await instance.handle(scripts(script, 'count'));
      expect(first).toMatchObject({
        kind: 'trap',
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      });
      expect(said(second)).toBe(1);
    });

    test.each([
      ['vnes.publish("other.v1", 1)', 'published on other.v1, which the manifest does not declare'],
      ['vnes.state.put("other/x", 1)', 'wrote the key other/x, which it does not own'],
      ['vnes.state.get("svc/n")', 'test.probe read svc/n, which the manifest does not declare'],
      ['vnes.state.scan("")', 'test.probe read everything, which the manifest does not declare'],
      ['vnes.random(65537)', 'test.probe asked for 65537 random bytes; at most 65536 are allowed'],
      ['vnes.call("nope", "m")', 'called nope, which the manifest does not require'],
      ['vnes.call("geo", "vnes.state.put(\'svc/n\', 1)")', 'test.service, which serves, wrote the key svc/n'],
      ['vnes.publish("out.v1", 10**40)', /^the payload for out\.v1 is not acceptable JSON: the number/],
      [
        'vnes.publish("out.v1", "x" * 2_000_000)',
        'the payload for out.v1 is not acceptable JSON: the JSON document is too large',
      ],
    ])('commits a fault by "%s", which undoes the delivery', async (script, message) => {
      const [first, second] = await instance.handle(scripts(`!${script}`, 'vnes.state.get("own/f")'));
      expect(first).toMatchObject({
        kind: 'fault',
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      });
      expect(said(second)).toBeNull();
    });

    test('takes in and gives out texts of any length and script', async () => {
      const text = 'ľ😀'.repeat(30_000);
      expect(
        await ask(`vnes.call("geo", "payload", "ľ😀" * 30_000) == "ľ😀" * 30_000`, '"ľ😀" * 30_000'),
      ).toEqual([true, text]);
    });

    test('handles 1,000 deliveries at once, and nothing', async () => {
      await instance.renew();
      expect(await instance.handle([])).toEqual([]);
      expect((await ask(...Array(1000).fill('count'))).at(-1)).toBe(1000);
    });
  });

describe('what is loaded', () => {
  const files = {
    'impl/src/logic/__init__.py': 'from .inner import value',
    'impl/src/logic/inner.py': 'value = 42',
    'impl/vendor/tiny/__init__.py': '__version__ = "1.2"',
    'impl/data/table.json': '{"a": 1}',
  };
  const imports = `
import json, vnes
import impl.src.logic
from .logic import value
import tiny
table = json.load(open("/capsule/impl/data/table.json"))
def run(event):
    vnes.publish("out.v1", [value, impl.src.logic.value, tiny.__version__, table, __file__])
`;

  test('are the files of the capsule: packages, relative imports, vendored ones, data', async () => {
    const instance = await start('system', {}, { ...files, 'impl/src/main.py': imports });
    await instance.init();
    expect((await instance.handle(scripts('x'))).map(said)).toEqual([
      [42, 42, '1.2', { a: 1 }, '/capsule/impl/src/main.py'],
    ]);
  });

  test.each([
    [
      'a module that raises',
      'raise ValueError("soon")',
      'trap: ValueError: soon\n  impl/src/main.py:1 in <module>',
    ],
    ['a module without the function', 'x = 1', 'error: impl.src.main has no function run'],
    [
      'an init that refuses',
      'import vnes\ndef run(event): pass\ndef init(config): raise vnes.Refusal("unwilling")',
      'error: unwilling',
    ],
    [
      'an init that acts',
      'import vnes\ndef run(event): pass\ndef init(config): vnes.state.put("own/a", 1)',
      'fault: test.probe, in init, wrote the key own/a',
    ],
    [
      'an import of what is not there',
      'import numpy',
      "trap: ModuleNotFoundError: No module named 'numpy'\n  impl/src/main.py:1 in <module>",
    ],
    [
      'a syntax error',
      'def run(event):\n  return (',
      "trap: SyntaxError: '(' was never closed\n  impl/src/main.py:2",
    ],
  ])('%s does not start', async (_what, source, message) => {
    const instance = await start('system', {}, { 'impl/src/main.py': source });
    expect(said(await instance.init())).toBe(message);
  });

  test('less memory than an interpreter takes is refused', async () => {
    await expect(startPython('system', pythonSpec(), { memoryBytes: 2 ** 24 })).rejects.toThrow('VNES5005');
  });
});
