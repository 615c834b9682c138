import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/diagnostic.ts';
import { meterCore } from '../../src/sandbox/meter/apply.ts';

const place = { file: 'impl/capsule.wasm' };

function refusal(core: Uint8Array): string {
  try {
    meterCore('core.wasm', core, place);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [{ code, found }] = error.diagnostics;
    return `${code} ${found}`;
  }
  throw new Error('it was metered');
}

const func = (body: string, signature = '') => `(module (memory 1) (func ${signature} ${body}))`;

describe('a module is refused, by offset,', () => {
  test.each([
    [
      '(module (memory 1 1 shared))',
      'VNES5020 a shared, 64-bit or custom-page memory, at offset 11 of core.wasm',
    ],
    ['(module (memory i64 1))', 'VNES5020 a shared, 64-bit or custom-page memory, at offset 11 of core.wasm'],
    [
      '(module (import "a" "b" (memory 1 1 shared)))',
      'VNES5020 a shared, 64-bit or custom-page memory, at offset 16 of core.wasm',
    ],
    ['(module (memory 1) (memory 1))', 'VNES5020 a second memory, at offset 8 of core.wasm'],
    [
      func('(drop (i32.atomic.load (i32.const 0)))'),
      'VNES5020 the instruction fe, at offset 30 of core.wasm',
    ],
    [func('atomic.fence'), 'VNES5020 the instruction fe, at offset 28 of core.wasm'],
    [
      func('(i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0))', '(result v128)'),
      'VNES5020 the instruction fd 100, at offset 65 of core.wasm',
    ],
    ['(module (func $f return_call $f))', 'VNES5020 the instruction 12, at offset 23 of core.wasm'],
    [
      '(module (type $s (struct)))',
      'VNES5020 a type that is no plain function type, at offset 11 of core.wasm',
    ],
    ['(module (func (param (ref func))))', 'VNES5020 a value of an unknown type, at offset 12 of core.wasm'],
    ['(module (tag))', 'VNES5020 a section of the kind 13, at offset 14 of core.wasm'],
    ['(module (func (try_table)))', 'VNES5020 the instruction 1f, at offset 23 of core.wasm'],
    [
      '(module (import "vnes:meter" "fuel" (global (mut i64))))',
      'VNES5020 an import from vnes:meter, at offset 11 of core.wasm',
    ],
    ['(module (table 2000000 funcref))', 'VNES5020 a table of 2000000 elements, at offset 11 of core.wasm'],
  ])('%s', async (wat, message) => {
    expect(refusal(await parse(wat))).toBe(message);
  });
});

test('a section of a kind that nobody knows yet is refused', async () => {
  const core = Buffer.concat([await parse('(module)'), Buffer.from([42, 0])]);
  expect(refusal(core)).toBe('VNES5020 a section of the kind 42, at offset 8 of core.wasm');
});

test('a damaged module is refused or becomes what the engine can judge, never an exception', async () => {
  const whole =
    await parse(`(module (type (func)) (import "a" "b" (func (type 0))) (table 2 funcref) (memory 1)
    (global i32 (i32.const 1)) (export "g" (global 0)) (elem (i32.const 0) func 0 1) (data (i32.const 0) "data")
    (func (result f64) (block (br_if 0 (i32.const 1))) (f64.add (f64.const 1) (f64.const 2))))`);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, value, cut) => {
      const damaged = cut ? whole.slice(0, at) : Uint8Array.from(whole);
      if (!cut) damaged[at] = value;
      const valid = WebAssembly.validate(damaged);
      try {
        expect(WebAssembly.validate(meterCore('core.wasm', damaged, place)) || !valid).toBe(true);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});
