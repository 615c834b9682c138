import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, expect, test } from 'vitest';
import { STACK_MIB } from '../../src/sandbox/channel.ts';
import { meterModule } from '../../src/sandbox/meter/meter.ts';

const room = mkdtempSync(join(tmpdir(), 'vnes-tiers-'));
afterAll(() => rmSync(room, { recursive: true, force: true }));

/** The engine's compilers, one at a time and as it changes from one to the other, after some rounds. */
const TIERS: readonly (readonly [name: string, flags: readonly string[], rounds: number])[] = [
  ['cold', [], 1],
  ['hot', [], 25],
  ['the baseline compiler', ['--liftoff-only'], 1],
  ['the optimising compiler', ['--no-liftoff'], 1],
];

/** What the modules do at each tier, a line for each of their exports. */
async function outputs(sources: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const wat of sources) {
    const file = join(mkdtempSync(join(room, 'tier-')), 'metered.wasm');
    writeFileSync(file, meterModule(await parse(wat)));
    files.push(file);
  }
  return TIERS.map(([, flags, rounds]) => {
    const probe = join(import.meta.dirname, 'tier-probe.ts');
    const args = [...flags, `--stack-size=${STACK_MIB * 1024}`, probe, String(rounds), ...files];
    return execFileSync(process.execPath, args, { encoding: 'utf8' });
  });
}

const list = (count: number, item: string) => Array.from({ length: count }, () => item).join(' ');

/** Functions that call themselves until there is no more room, each with another kind of frame. */
const RECURSIONS: Readonly<Record<string, string>> = {
  'a small frame': '(func $f (export "run") (result i32) (i32.add (call $f) (i32.const 1)))',
  'no result': '(func $f (export "run") call $f nop)',
  'many parameters': `(func $f (param ${list(200, 'i64')}) (result i64) ${Array.from({ length: 200 }, (_, at) => `local.get ${at}`).join(' ')} call $f)
    (func (export "run") ${list(200, 'i64.const 1')} call $f drop)`,
  'many results': `(func $f (result ${list(200, 'i32')}) call $f i32.const 1 i32.add)
    (func (export "run") call $f ${list(200, 'drop')})`,
  'many locals that live': `(func $f (export "run") (param i32) (result i32) (local ${list(300, 'i32')})
    ${Array.from({ length: 300 }, (_, at) => `(local.set ${at + 1} (i32.add (local.get 0) (i32.const ${at})))`).join(' ')}
    (i32.add (call $f (local.get 0)) (i32.add ${Array.from({ length: 300 }, (_, at) => `(local.get ${at + 1})`).join(' (i32.add ')} (i32.const 0)${')'.repeat(300)}))`,
  'a high stack': `(func $f (export "run") (param i32) (result i32) ${list(300, '(i32.load8_u (local.get 0))')} (call $f (local.get 0)) ${list(300, 'i32.add')}) (memory 1)`,
  vectors: `(func $f (param ${list(40, 'v128')}) (result v128) ${Array.from({ length: 40 }, (_, at) => `(v128.not (local.get ${at}))`).join(' ')} call $f)
    (func (export "run") ${list(40, 'v128.const i64x2 1 2')} call $f drop)`,
  floats: `(func $f (param ${list(40, 'f64')}) (result f64) ${Array.from({ length: 40 }, (_, at) => `(f64.sqrt (local.get ${at}))`).join(' ')} call $f)
    (func (export "run") ${list(40, 'f64.const 2')} call $f drop)`,
  'a table': `(table 1 funcref) (elem (i32.const 0) $f) (type $t (func (result i32)))
    (func $f (export "run") (result i32) (i32.add (call_indirect (type $t) (i32.const 0)) (i32.const 1)))`,
  'a leaf with a large frame': `(func $g (param i32) (result i32) (local ${list(4000, 'i32')}) ${Array.from({ length: 4000 }, (_, at) => `(local.set ${at + 1} (local.get 0))`).join(' ')} local.get 77)
    (func $f (export "run") (param i32) (result i32) (drop (call $g (local.get 0))) (i32.add (call $f (local.get 0)) (i32.const 1)))`,
  'growth at the bottom': `(memory 1) (func $f (export "run") (result i32) (drop (memory.grow (i32.const 0))) (i32.add (call $f) (i32.const 1)))`,
};

test('a recursion ends at the same depth at every tier of the engine, whatever its frames hold', async () => {
  const found = await outputs(Object.values(RECURSIONS).map(functions => `(module ${functions})`));
  for (const [index, each] of found.entries())
    expect([TIERS[index]![0], each]).toEqual([TIERS[index]![0], found[0]]);
  const lines = found[0]!.trim().split('\n');
  expect(lines).toHaveLength(Object.keys(RECURSIONS).length);
  for (const line of lines) expect(line).toMatch(/^run RuntimeError unreachable fuel \d+ stack -\d+$/);
});

/** Adds two NaNs of different bits, often enough that the engine optimises it, and gives the bits. */
const NANS = `(module
  (func $add (param f64 f64) (result f64) (f64.add (local.get 0) (local.get 1)))
  (func $run (param $a f64) (param $b f64) (param $n i32) (result f64) (local $r f64)
    (loop (local.set $r (call $add (local.get $a) (local.get $b)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    local.get $r)
  (func (export "add") (result i64)
    (i64.reinterpret_f64 (call $run (f64.const nan:0x8000000000001) (f64.const -nan:0x8000000000002) (i32.const 20000))))
  (func (export "lanes") (result i64) (local $n i32) (local $v v128)
    (loop (local.set $v (f32x4.mul (v128.const i32x4 0xffc00001 0x7fc00002 0x7fa00003 1) (v128.const i32x4 0x7fc00004 0xffe00005 6 0xffc00007)))
      (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20000))))
    (i64.xor (i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v))))
  (func (export "zero") (param i32) (result i64) (local $z f64)
    (local.set $z (f64.convert_i32_s (local.get 0)))
    (i64.reinterpret_f64 (f64.div (local.get $z) (local.get $z))))
  (func (export "narrow") (param i32) (result i32)
    (i32.reinterpret_f32 (f32.demote_f64 (f64.const -nan:0xc000000000001)))))`;

test('the bits of a NaN are the same at every tier, and canonical', async () => {
  const found = await outputs([NANS]);
  for (const each of found) expect(each).toBe(found[0]);
  expect(found[0]!.split('\n').map(line => line.split(' fuel')[0])).toEqual([
    `add ${0x7ff8000000000000n}`,
    'lanes 0',
    `zero ${0x7ff8000000000000n}`,
    `narrow ${0x7fc00000}`,
    '',
  ]);
});

test('work takes the same fuel at every tier', async () => {
  const wat = `(module (func $fib (param i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "fib") (result i32) (call $fib (i32.const 21)))
    (func (export "spin") (loop (br 0))))`;
  const found = await outputs([wat]);
  for (const each of found) expect(each).toBe(found[0]);
  expect(found[0]).toMatch(
    /^fib 10946 fuel \d+ stack 2097152\nspin RuntimeError unreachable fuel -\d+ stack 2097152\n$/,
  );
});
