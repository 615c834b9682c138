import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { meterModule } from '../../src/sandbox/meter/meter.ts';
import { program } from './programs.ts';
import { counters } from './script.ts';

const BUDGET = 2n ** 40n;

/** What a program does: its result or that it trapped, and what it left in its memory and its global. */
function observe(core: Uint8Array, imports: object) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(core), imports) as {
    exports: { run: (...args: unknown[]) => number; memory: { buffer: ArrayBuffer }; g: { value: bigint } };
  };
  let end: number | string;
  try {
    end = exports.run(7, -9n, 0.5, Number.NaN);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    end = error.message;
  }
  return { end, memory: sha256(new Uint8Array(exports.memory.buffer)), global: exports.g.value };
}

test('a random program does the same as it is and metered, and takes the same fuel each time', async () => {
  const ends = { values: 0, traps: 0 };
  await fc.assert(
    fc.asyncProperty(program, async wat => {
      const core = await parse(wat);
      const metered = meterModule(core);
      expect(WebAssembly.validate(metered)).toBe(true);
      const [first, second] = [counters(BUDGET), counters(BUDGET)];
      const seen = observe(core, {});
      expect(observe(metered, { 'vnes:meter': first })).toEqual(seen);
      expect(observe(metered, { 'vnes:meter': second })).toEqual(seen);
      expect(first.fuel.value).toBe(second.fuel.value);
      expect(first.fuel.value).toBeLessThan(BUDGET);
      if (typeof seen.end === 'number') expect(first.stack.value).toBe(2 ** 21);
      ends[typeof seen.end === 'number' ? 'values' : 'traps'] += 1;
    }),
    { numRuns: Number(process.env.METER_RUNS ?? 400) },
  );
  expect(ends.values).toBeGreaterThan(50);
  expect(ends.traps).toBeGreaterThan(10);
});
