import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { findBubblewrap } from '../../src/sandbox/confine/bubblewrap.ts';
import type { Instance, PythonCode } from '../../src/sandbox/contract.ts';
import { findPython, systemPython } from '../../src/sandbox/python/system.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { options, said, scripts, spec } from '../sandbox/probe.ts';

const ABSENT =
  existsSync('/usr/bin/python3') && findBubblewrap() !== undefined ? '' : 'skipped: no python3 or bubblewrap';

/** Runs the key of an event as Python; what it leaves in `answer` is published. */
const MAIN = `
import datetime, json, os, random, socket, subprocess, sys, threading, time, uuid
import vnes
from impl.src import part

count = 0
settings = None

def init(config):
    global settings
    settings = config

def run(event):
    global count
    count += 1
    answer = {}
    exec(event.key, globals(), answer)
    vnes.publish("out.v1", answer.get("answer"), event.key[:3])

def serve(method, payload):
    if method == "fail":
        raise vnes.Refusal(str(payload))
    return {"time": time.time(), "payload": payload}
`;
const PART = 'def inner(value):\n    return 1 / value\n';

function code(files: Record<string, string> = {}): PythonCode {
  const all = { 'impl/src/main.py': MAIN, 'impl/src/part.py': PART, ...files };
  return {
    language: 'python',
    interpreter: 'system',
    entry: { module: 'impl.src.main', callable: 'run' },
    files: new Map(Object.entries(all).map(([path, text]) => [path, Buffer.from(text)])),
  };
}

const running: Instance[] = [];
afterEach(async () => {
  for (const instance of running.splice(0)) await instance.stop();
});

async function start(
  zone: 'system' | 'tenant' | 'session' = 'tenant',
  timeoutMs = 20_000,
): Promise<Instance> {
  const service = spec(new Uint8Array(), { code: code(), capsule: 'test.service', config: '{}' });
  const component = spec(new Uint8Array(), { code: code(), config: '{"a":1}', services: { geo: service } });
  const limits = { timeoutMs, memoryBytes: 128 * 1024 * 1024, fuel: 1e12 };
  const instance = await rungFor(zone).start(options(component, { limits }));
  running.push(instance);
  expect(await instance.init()).toMatchObject({ kind: 'ok' });
  return instance;
}

const SAME = [
  'answer = [time.time(), time.time_ns(), time.monotonic(), str(datetime.datetime.now()), time.ctime()]',
  'answer = [random.random(), os.urandom(4).hex(), str(uuid.uuid4()), random.SystemRandom().random()]',
  'answer = [id(object()), list({"one", "two", "three"}), str(hash("x"))]',
  'answer = [sorted(os.environ), os.getcwd(), sys.argv, settings, count]',
  'vnes.state.put("own/x", {"n": 1}); answer = [vnes.state.get("own/x"), vnes.state.scan("own/")]',
  'answer = [vnes.call("geo", "x", [1]), count]',
  'print("line"); print("rest", end=""); print("problem", file=sys.stderr); vnes.log.error("logged")',
];

const OUTCOMES: readonly (readonly [source: string, outcome: unknown])[] = [
  ['raise vnes.Refusal("not today")', 'error: not today'],
  [
    'part.inner(0)',
    'trap: ZeroDivisionError: division by zero\n  impl/src/main.py:17 in run\n  impl/src/part.py:2 in inner',
  ],
  ['raise SystemExit(3)', /^trap: SystemExit: 3/],
  ['os._exit(3)', 'trap: the program ended with status 3'],
  ['os.abort()', 'trap: the program aborted (SIGABRT)'],
  ['"x" * 10**9', /^trap: memory ran out$/],
  ['def f(): f()\nf()', /^trap: (NameError|RecursionError)/],
  ['time.sleep(1)', /^trap: OSError: time does not pass/],
  ['open("/etc/passwd")', /^trap: FileNotFoundError/],
  ['open("/capsule/impl/src/main.py", "w")', /^trap: (PermissionError|OSError)/],
  ['open("/new", "w")', /^trap: OSError: \[Errno 30\]/],
  ['socket.socket()', /^trap: OSError: \[Errno 38\]/],
  ['os.fork()', /^trap: OSError: \[Errno 38\]/],
  ['os.kill(1, 9)', /^trap: OSError: \[Errno 38\]/],
  ['subprocess.run(["/bin/sh"])', /^trap: OSError: \[Errno 38\]/],
  ['threading.Thread(target=print).start()', /^trap: RuntimeError/],
  ['os.write(3, b"GET / HTTP/1.1")', 'trap: a frame has an impossible length'],
  ['os.close(3)', /^trap: the program ended with status/],
  ['vnes.publish("none.v1", 1)', 'fault: published on none.v1, which the manifest does not declare'],
  ['vnes.state.put("other/x", 1)', 'fault: wrote the key other/x, which it does not own'],
];

describe.skipIf(ABSENT)(`the system's Python ${ABSENT}`, () => {
  test('tells virtual time and the randomness of the run, the same each time and in every zone', async () => {
    const found = [];
    for (const zone of ['tenant', 'system'] as const)
      found.push(await (await start(zone)).handle(scripts(...SAME)));
    expect(found[1]).toEqual(found[0]);
    const [clocks, , , surroundings, state, called, printed] = found[0]!;
    expect(said(clocks)).toEqual([1, 1_000_000_000, 1, '1970-01-01 00:00:01', 'Thu Jan  1 00:00:01 1970']);
    expect(said(surroundings)).toEqual([
      ['GLIBC_TUNABLES', 'LC_ALL', 'PYTHONHASHSEED', 'PYTHONHOME', 'PYTHONPATH', 'PYTHONUTF8', 'TZ'],
      '/',
      ['/vnes/system.py', 'impl.src.main', 'run'],
      { a: 1 },
      4,
    ]);
    expect(said(state)).toEqual([{ n: 1 }, [['own/x', { n: 1 }]]]);
    expect(said(called)).toEqual([{ payload: [1], time: 1.005 }, 6]);
    expect(printed).toMatchObject({
      effects: {
        logs: [
          { level: 'info', message: 'line' },
          { level: 'warn', message: 'problem' },
          { level: 'error', message: 'logged' },
          { level: 'info', message: 'rest' },
        ],
      },
    });
  }, 60_000);

  test('whatever a capsule does, an outcome is recorded', async () => {
    const instance = await start();
    const found = (
      await instance.handle(scripts(...OUTCOMES.flatMap(([source]) => [source, 'answer = "alive"'])))
    ).map(said);
    for (const [index, [source, outcome]] of OUTCOMES.entries()) {
      const matching = outcome instanceof RegExp ? expect.stringMatching(outcome) : outcome;
      expect([source, found[2 * index]]).toEqual([source, matching]);
      expect([source, found[2 * index + 1]]).toEqual([source, 'alive']);
    }
  }, 120_000);

  test('in a loop ends the run by its time', async () => {
    const instance = await start('tenant', 3_000);
    await expect(instance.handle(scripts('while True: pass'))).rejects.toThrow('VNES5007');
  }, 20_000);

  test('is missed with what to install', () => {
    expect(() => findPython(['/nowhere/python3'])).toThrow('VNES5035');
    expect(() => findPython(['/bin/false'])).toThrow('VNES5035');
    expect(findPython().name).toMatch(/^python3\.\d+$/);
  });

  test('is given so many files and no more', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [`impl/src/x${index}.py`, '']),
    );
    expect(() => systemPython(code(files))).toThrow('VNES5033');
    const many = options(spec(new Uint8Array(), { code: code(files) }));
    await expect(rungFor('tenant').start(many)).rejects.toThrow('VNES5033');
  });
});
