import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { meterModule } from '../../src/sandbox/meter/meter.ts';
import { counters } from './script.ts';

type Run = (...args: number[]) => unknown;

async function metered(wat: string, own = counters(), imports: object = {}) {
  const module = new WebAssembly.Module(meterModule(await parse(wat)));
  const { exports } = new WebAssembly.Instance(module, { 'vnes:meter': own, ...imports });
  return { run: exports.run as Run, exports, own };
}

/** Fuel that a call takes, given enough. */
async function fuelOf(wat: string, ...args: number[]): Promise<number> {
  const { run, own } = await metered(wat);
  const before = own.fuel.value as bigint;
  run(...args);
  return Number(before - (own.fuel.value as bigint));
}

const func = (body: string) =>
  `(module (memory 1) (table 10 funcref) (func (export "run") (param $n i32) ${body}))`;

describe('fuel', () => {
  test.each([
    ['nothing', '', 0],
    ['each instruction', 'nop nop (drop (i32.const 1))', 4],
    ['the way that is taken', '(if (local.get $n) (then nop nop nop) (else nop)) nop', 2 + 3 + 1],
    ['what a branch leaves out', '(block (br_if 0 (local.get $n)) nop nop nop) nop', 3 + 1],
    ['what a return leaves out', '(if (local.get $n) (then return)) nop nop nop', 2 + 1],
    [
      'each turn of a loop',
      '(loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))',
      1 + 5 * 5,
    ],
    ['a filled memory by its bytes', '(memory.fill (i32.const 0) (i32.const 1) (i32.const 8000))', 4 + 1000],
    ['a copied memory by its bytes', '(memory.copy (i32.const 9) (i32.const 1) (i32.const 8000))', 4 + 1000],
    ['a grown memory by its pages', '(drop (memory.grow (i32.const 2)))', 3 + 2 * 1024],
    ['a filled table by its elements', '(table.fill (i32.const 0) (ref.null func) (i32.const 10))', 4 + 10],
  ])('is taken for %s', async (_, body, fuel) => {
    expect(await fuelOf(func(body), 5)).toBe(fuel);
  });

  test('is taken for what is called', async () => {
    const wat = '(module (func $f nop nop) (func (export "run") call $f call $f nop))';
    expect(await fuelOf(wat)).toBe(2 * 2 + 3);
  });

  test.each([
    ['an endless loop', '(loop (br 0))'],
    ['a fill that it does not reach', '(memory.fill (i32.const 0) (i32.const 1) (i32.const 60000))'],
    ['a growth that it does not reach', '(drop (memory.grow (i32.const 1)))'],
  ])('ends %s', async (_, body) => {
    const { run, own } = await metered(func(body), counters(1_000n));
    expect(() => run(5)).toThrow(WebAssembly.RuntimeError);
    expect(own.fuel.value).toBeLessThan(0n);
  });

  test('is one pool for modules that call each other', async () => {
    const own = counters(1_000n);
    const first = await metered('(module (func (export "run") nop nop))', own);
    const second = await metered(
      '(module (import "first" "run" (func $f)) (func (export "run") call $f nop))',
      own,
      { first: first.exports },
    );
    second.run();
    expect(own.fuel.value).toBe(1_000n - 4n);
  });

  test('that is taken by size does not overflow', async () => {
    const { run } = await metered(func('(memory.fill (i32.const 0) (i32.const 1) (local.get $n))'));
    expect(() => run(-1)).toThrow('memory access out of bounds');
  });
});

describe('the stack', () => {
  const recursive =
    '(module (func $f (export "run") (param $n i32) (result i32) (i32.add (call $f (local.get $n)) (i32.const 1))))';

  test('is given back by every way out', async () => {
    const wat = `(module (func $leaf (param i32) (result i32) local.get 0)
      (func (export "run") (param i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (return (call $leaf (i32.const 7)))))
        (block (result i32) (drop (br_if 1 (call $leaf (i32.const 8)) (local.get 0))) (i32.const 9))))`;
    const { run, own } = await metered(wat);
    expect([1, 2, 0].map(n => run(n))).toEqual([7, 8, 9]);
    expect(own.stack.value).toBe(2 ** 21);
  });

  test('ends a recursion by a trap of its own', async () => {
    const { run, own } = await metered(recursive, counters(1_000_000n, 2 ** 17));
    expect(() => run(0)).toThrow(WebAssembly.RuntimeError);
    expect(own.stack.value).toBeLessThan(0);
    expect(own.fuel.value).toBeGreaterThan(0n);
  });
});

test('everything that names a global still means the same one', async () => {
  const { run, exports } = await metered(
    `(module (import "env" "a" (global $a i32)) (global $b (mut i32) (global.get $a)) (global $c i32 (i32.const 5))
      (memory 1) (data (i32.const 0) "\\2a") (data (global.get $a) "\\2b") (export "c" (global $c))
      (func (export "run") (result i32) (global.set $b (i32.add (global.get $b) (i32.load8_u (i32.const 3)))) global.get $b))`,
    counters(),
    { env: { a: 3 } },
  );
  expect(run()).toBe(3 + 0x2b);
  expect((exports.c as { value: number }).value).toBe(5);
});
