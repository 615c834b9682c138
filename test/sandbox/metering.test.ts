import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Instance } from '../../src/sandbox/contract.ts';
import { rungFor } from '../../src/sandbox/rungs.ts';
import { lacks } from '../bubblewrap.ts';
import { assemble, buildProbe, options, said, scripts, spec, wrap } from './probe.ts';

const cacheDir = mkdtempSync(join(tmpdir(), 'vnes-metering-'));
let probe: Uint8Array;
let instance: Instance | undefined;

beforeAll(async () => {
  probe = await buildProbe();
});
afterEach(() => instance?.stop());
afterAll(() => rmSync(cacheDir, { recursive: true, force: true }));

for (const zone of ['system', 'session'] as const)
  describe.skipIf(lacks(zone))(`a capsule of the zone ${zone}`, () => {
    const start = async (fuel: number) => {
      const service = spec(probe, { capsule: 'test.service' });
      const limits = { timeoutMs: 20_000, memoryBytes: 2 ** 26, fuel };
      instance = await rungFor(zone, { cacheDir }).start(
        options(spec(probe, { services: { geo: service } }), { limits }),
      );
      return instance;
    };

    test('has its fuel anew for each delivery, and is thrown away when it is spent', async () => {
      const running = await start(1_000_000);
      expect(await running.init()).toMatchObject({ kind: 'ok' });
      const script = 'count;emit out.v1';
      const outcomes = await running.handle(scripts(script, 'loop', script, 'log 3 why;loop', script));
      expect(outcomes.map(said)).toEqual(['1', 'trap: out of fuel', '1', 'trap: out of fuel: why', '1']);
    });

    test('pays for the components that it calls', async () => {
      const running = await start(1_000_000);
      await running.init();
      const outcomes = await running.handle(
        scripts('call geo loop null;emit out.v1', 'call geo count null;emit out.v1'),
      );
      expect(outcomes.map(said)).toEqual(['trap: out of fuel', 'ok:"1"']);
    });

    test('that is called and nests too deeply leaves its caller the room that it had', async () => {
      const running = await start(1_000_000_000);
      await running.init();
      const [outcome] = await running.handle(
        scripts('call geo recurse null;call geo count null;emit out.v1'),
      );
      expect(said(outcome)).toBe('err:geo trapped: calls nested too deeply,ok:"1"');
    });

    test('pays for what the host does for it', async () => {
      const running = await start(2_000_000);
      await running.init();
      const calls = (n: number, script: string) => Array.from({ length: n }, () => script).join(';');
      const outcomes = await running.handle(
        scripts(calls(20, 'now'), calls(60, 'get own/a'), calls(20, `log 1 ${'x'.repeat(4000)}`)),
      );
      expect(outcomes.map(({ kind }) => kind)).toEqual(['ok', 'trap', 'trap']);
    });

    test('whose init is endless does not start', async () => {
      const running = await start(100);
      expect(await running.init()).toEqual({ kind: 'trap', message: 'out of fuel' });
    });
  });

test('a component with relaxed SIMD is refused before it runs', async () => {
  const core =
    await assemble(`(module (memory (export "memory") 1) (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
    (func (export "init") (param i32 i32) (result i32) i32.const 0)
    (func (export "handle") (param i32 i32 i32 i64 i64 i32 i32 i32 i32 i32) (result i32) i32.const 0)
    (func (export "serve") (param i32 i32 i32 i32) (result i32)
      (i32x4.extract_lane 0 (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))`);
  const component = await wrap(core);
  await expect(rungFor('system').start(options(spec(component)))).rejects.toThrow('VNES5020');
});
