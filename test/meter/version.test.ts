import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { METER, meterModule } from '../../src/sandbox/meter/meter.ts';

/** Something of everything that the rewriter changes. */
const SAMPLE = `(module (type $two (func (result i32 i32))) (import "env" "g" (global i32)) (import "env" "f" (func $f))
  (memory 1) (table 2 funcref) (global $own (mut i32) (global.get 0)) (export "own" (global $own))
  (elem (global.get 0) $a) (data (global.get 0) "x")
  (func $a (type $two) (if (global.get $own) (then (return (i32.const 1) (i32.const 2)))) (call $f) (i32.const 3) (i32.const 4))
  (func (param f32 f64 v128) (result f64)
    (drop (f32.sqrt (local.get 0))) (drop (f32x4.add (local.get 2) (local.get 2))) (drop (f64x2.floor (local.get 2)))
    (loop (br_if 0 (memory.grow (i32.const 1)))) (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
    (block (block (br_table 0 1 (i32.const 0)))) (f64.add (f64.mul (local.get 1) (local.get 1)) (f64.const 1))))`;

test('whoever changes what metered code looks like changes its version', async () => {
  const metered = meterModule(await parse(SAMPLE));
  expect(WebAssembly.validate(metered)).toBe(true);
  expect([METER, sha256(metered)]).toEqual([
    'meter 1',
    'sha256:58352459dafb696203c9d92e398e488e51156bd1d2fee92c14e00e5ce350e69d',
  ]);
});
