import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { readCached } from '../../src/sandbox/wasm/cache.ts';
import { capMemory } from '../../src/sandbox/wasm/memory.ts';
import { cacheKey, TRANSLATOR, transpile } from '../../src/sandbox/wasm/transpile.ts';
import { assemble, dummy, WIT } from './probe.ts';

const place = { file: 'impl/capsule.wasm' };
const MIB = 1024 * 1024;

describe('the cache of translations', () => {
  let bytes: Uint8Array;
  let cache: string;
  beforeAll(async () => {
    bytes = await dummy();
    cache = join(mkdtempSync(join(tmpdir(), 'vnes-cache-')), 'deep', 'er');
    await transpile(bytes, place, cache);
  });

  test('answers with what was translated', async () => {
    expect(readCached(cache, cacheKey(bytes))).toEqual(await transpile(bytes, place));
  });

  test('keeps the glue of a component whose linking is not known', async () => {
    const other = await dummy(WIT.replace('now: func() -> u64', 'now: func() -> f64'));
    const program = await transpile(other, place, cache);
    expect(program).toHaveProperty('source');
    expect(readCached(cache, cacheKey(other))).toEqual(program);
    rmSync(join(cache, cacheKey(other).replace(':', '-')), { recursive: true });
  });

  test('holds one entry and no leftovers', () => {
    expect(readdirSync(cache)).toEqual([cacheKey(bytes).replace(':', '-')]);
  });

  test.each(['component.json', 'component.core.wasm', 'index.json'])(
    'ignores and replaces an entry with a damaged %s',
    async name => {
      const file = join(cache, cacheKey(bytes).replace(':', '-'), name);
      const whole = readFileSync(file);
      writeFileSync(file, Buffer.concat([whole, Buffer.from(' x')]));
      expect(readCached(cache, cacheKey(bytes))).toBeUndefined();
      const program = await transpile(bytes, place, cache);
      expect(program).toHaveProperty('linking');
      expect(readFileSync(file).equals(whole)).toBe(true);
    },
  );

  test('is left alone where it cannot be written', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'vnes-cache-')), 'a-file');
    writeFileSync(file, '');
    expect(await transpile(bytes, place, file)).toHaveProperty('linking');
  });

  test('is keyed by the version of the translator that is installed', () => {
    const folder = new URL(
      '../../node_modules/@bytecodealliance/jco-transpile/package.json',
      import.meta.url,
    );
    expect(TRANSLATOR).toBe(`jco-transpile ${JSON.parse(readFileSync(folder, 'utf8')).version}`);
  });
});

test('what jco refuses is a diagnostic', async () => {
  const broken = (await dummy()).slice(0, 2_000);
  await expect(transpile(broken, place)).rejects.toThrow('VNES5004');
});

describe('capMemory', () => {
  const pages = async (wat: string, limit: number): Promise<string> => {
    const core = capMemory(await assemble(wat), limit, place);
    const exports = new WebAssembly.Instance(new WebAssembly.Module(core)).exports as unknown as Record<
      string,
      () => number
    >;
    return `${exports.grow!()} ${exports.grow!()} ${exports.size!()}`;
  };
  const body =
    '(func (export "grow") (result i32) (memory.grow (i32.const 8))) (func (export "size") (result i32) memory.size)';

  test('makes growth fail at the limit', async () => {
    expect(await pages(`(module (memory 2) ${body})`, MIB)).toBe('2 -1 10');
  });

  test('keeps a maximum that is lower', async () => {
    expect(await pages(`(module (memory 2 9) ${body})`, 64 * MIB)).toBe('-1 -1 2');
  });

  test.each(['(module (memory 17))', '(module (memory 1 2 shared))', '(module (memory i64 1))'])(
    'refuses %s',
    async wat => {
      const core = await assemble(wat);
      expect(() => capMemory(core, MIB, place)).toThrow(Failure);
    },
  );
});
