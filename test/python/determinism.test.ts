import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Instance } from '../../src/sandbox/contract.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { BUBBLEWRAP } from '../bubblewrap.ts';
import { options, said, scripts } from '../sandbox/probe.ts';
import { CACHE, LIMITS, pythonSpec, startPython } from './python.ts';

const started: Instance[] = [];
afterAll(async () => {
  await Promise.all(started.map(instance => instance.stop()));
});

/** What differs from run to run in a Python of the machine. */
const SOURCES: readonly string[] = [
  'id(object())',
  'hash("a string") ^ hash((1.5, None))',
  'list({"q", "w", "e", "r", "t", "y", "u"})',
  'repr(object())',
  '__import__("random").random()',
  '__import__("random").sample(range(1000), 5)',
  'str(__import__("uuid").uuid1())',
  'str(__import__("uuid").uuid4())',
  '__import__("secrets").token_hex(9)',
  '__import__("os").urandom(6).hex()',
  'vnes.random(6).hex()',
  '__import__("time").time_ns()',
  '[__import__("time").monotonic(), __import__("time").perf_counter(), __import__("time").process_time()]',
  'str(__import__("datetime").datetime.now())',
  'str(__import__("datetime").datetime.now().astimezone())',
  '__import__("time").strftime("%c %Z %z")',
  '[__import__("os").getpid(), __import__("os").getcwd(), str(__import__("os").uname())]',
  '__import__("platform").platform()',
  '__import__("math").exp(0.1) * __import__("math").sin(1e22)',
  '__import__("struct").pack("<d", float("inf") - float("inf")).hex()',
  '[weak() is None for weak in [__import__("weakref").ref(set())]]',
  '[vnes.call("geo", "vnes.random(3).hex()"), count]',
];

async function start(zone: 'system' | 'tenant', seed: string): Promise<Instance> {
  const geo = pythonSpec({}, { capsule: 'test.service', access: { owns: [], reads: [] } });
  const component = pythonSpec({}, { services: { geo } });
  const instance = await rungFor(zone, { cacheDir: CACHE }).start(
    options(component, { seed, limits: LIMITS }),
  );
  started.push(instance);
  await instance.init();
  return instance;
}

let instances: Instance[];
beforeAll(async () => {
  const zone = BUBBLEWRAP ? 'tenant' : 'system';
  instances = [await start('system', '7'), await start(zone, '7'), await start(zone, '8')];
}, 120_000);

test.skipIf(!BUBBLEWRAP)(
  'nothing differs from rung to rung and from run to run',
  async () => {
    const script = fc.constantFrom(
      ...SOURCES,
      ...['!while True: pass', '!1/0', '!raise vnes.Refusal("x")', 'count'],
    );
    const run = async (instance: Instance, lines: string[]) => {
      await instance.renew();
      return instance.handle(scripts(...lines));
    };
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 1, maxLength: 6 }), async lines => {
        const [worker, child] = await Promise.all([run(instances[0]!, lines), run(instances[1]!, lines)]);
        expect(child).toEqual(worker);
        expect(await run(instances[1]!, lines)).toEqual(worker);
      }),
      { numRuns: 12 },
    );
    const all = await Promise.all(instances.slice(0, 2).map(instance => run(instance, [...SOURCES])));
    expect(all[0]).toEqual(all[1]);
    expect(all[0]!.map(({ kind }) => kind)).toEqual(SOURCES.map(() => 'ok'));
  },
  120_000,
);

test('the seed of the run decides on randomness, and on nothing else', async () => {
  for (const instance of instances) await instance.renew();
  const [one, , other] = await Promise.all(
    instances.map(async instance => (await instance.handle(scripts(...SOURCES))).map(said)),
  );
  const differing = SOURCES.filter(
    (_, index) => JSON.stringify(one![index]) !== JSON.stringify(other![index]),
  );
  const random = /random|uuid|secrets/;
  expect(differing).toEqual(SOURCES.filter(source => random.test(source)));
});

test('randomness differs by event and by call', async () => {
  const [first, second] = (
    await instances[0]!.handle(
      scripts('[vnes.random(8).hex(), vnes.random(8).hex()]', 'vnes.random(8).hex()'),
    )
  ).map(said);
  expect(new Set([...(first as string[]), second]).size).toBe(3);
});

test.skipIf(!BUBBLEWRAP)('what is out of fuel is so at the same step at every place', async () => {
  const counting =
    '!steps = 0\ntry:\n  while True:\n    steps += 1\n    if steps % 1000 == 0: vnes.log.error(str(steps))\nfinally: pass';
  const limits = { fuel: 5e8 };
  const runs = await Promise.all(
    (['system', 'tenant'] as const).map(async zone => {
      const instance = await startPython(zone, pythonSpec(), limits);
      started.push(instance);
      await instance.init();
      return instance.handle(scripts(counting, counting));
    }),
  );
  expect(runs[0]![0]).toMatchObject({
    kind: 'trap',
    message: expect.stringMatching(/^out of fuel: \d+000$/),
  });
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[0]![1]).toEqual(runs[0]![0]);
});
