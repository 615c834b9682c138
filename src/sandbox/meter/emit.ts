import type { Shape } from './floats.ts';
import { OP } from './opcodes.ts';
import type { Writer } from './writer.ts';

/** Numbers of value types. */
export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type LocalType = keyof typeof TYPE;

const EMPTY = 0x40;
const I64_MUL = 0x7e;

/** `if unreachable end` on what the stack's top says. */
function trapIf(writer: Writer): void {
  writer.code(OP.if, EMPTY, OP.unreachable, OP.end);
}

/** Where the counters are: indices of the globals. */
export interface Counters {
  readonly fuel: number;
  readonly stack: number;
}

/** Takes fuel; the amount is put in later, at the place that is returned. `fuel` is the local that holds what is left. */
export function takeFuel(writer: Writer, counters: Counters, fuel: number): number {
  writer.byte(OP.localGet).u32(fuel).byte(OP.i64Const);
  const at = writer.reserve();
  keepFuel(writer.byte(OP.i64Sub), counters, fuel);
  return at;
}

/** As {@link takeFuel} at the entry of a function, where the amount is known. */
export function takeFuelAtEntry(writer: Writer, counters: Counters, fuel: number, amount: number): void {
  loadFuel(writer, counters);
  writer.byte(OP.i64Const);
  writer.fix(writer.reserve(), amount);
  keepFuel(writer.byte(OP.i64Sub), counters, fuel);
}

function keepFuel(writer: Writer, counters: Counters, fuel: number): void {
  writer.byte(OP.localTee).u32(fuel).byte(OP.globalSet).u32(counters.fuel);
}

function loadFuel(writer: Writer, counters: Counters): void {
  writer.byte(OP.globalGet).u32(counters.fuel);
}

/** After a call, which has taken fuel itself. */
export function reloadFuel(writer: Writer, counters: Counters, fuel: number): void {
  loadFuel(writer, counters);
  writer.byte(OP.localSet).u32(fuel);
}

export function checkFuel(writer: Writer, fuel: number): void {
  writer.byte(OP.localGet).u32(fuel).code(OP.i64Const, 0, OP.i64LtS);
  trapIf(writer);
}

/** Takes fuel by the number on top of the stack, `eighths` of a unit for each, and leaves the number there. */
export function takeFuelBySize(
  writer: Writer,
  counters: Counters,
  fuel: number,
  size: number,
  eighths: number,
): void {
  writer.byte(OP.localSet).u32(size);
  writer.byte(OP.localGet).u32(fuel);
  writer.byte(OP.localGet).u32(size).byte(OP.i64ExtendI32U);
  writer.byte(OP.i64Const).s32(eighths).byte(I64_MUL);
  writer.code(OP.i64Const, 3, OP.i64ShrU, OP.i64Sub);
  keepFuel(writer, counters, fuel);
  checkFuel(writer, fuel);
  writer.byte(OP.localGet).u32(size);
}

/** Takes room on the call stack; `left` is the local that holds what remains. */
export function takeStack(writer: Writer, counters: Counters, left: number, bytes: number): void {
  writer.byte(OP.globalGet).u32(counters.stack);
  writer.byte(OP.i32Const).s32(bytes).byte(OP.i32Sub);
  writer.byte(OP.localTee).u32(left).byte(OP.globalSet).u32(counters.stack);
  writer.byte(OP.localGet).u32(left).code(OP.i32Const, 0, OP.i32LtS);
  trapIf(writer);
}

export function giveStackBack(writer: Writer, counters: Counters, left: number, bytes: number): void {
  writer.byte(OP.localGet).u32(left);
  writer.byte(OP.i32Const).s32(bytes).byte(OP.i32Add);
  writer.byte(OP.globalSet).u32(counters.stack);
}

/** The sign of the NaN that stands for all: that of the canonical one, or the one that x86 processors make. */
export type NanSign = 'positive' | 'negative';

const HIGHEST: Readonly<Record<NanSign, number>> = { positive: 0x7f, negative: 0xff };
const V128_CONST = [OP.simd, 12];
const BITSELECT = [OP.simd, 82];

interface Canonical {
  readonly local: LocalType;
  /** The canonical NaN, in each lane. */
  readonly nan: readonly number[];
  readonly equal: readonly number[];
  readonly choose: readonly number[];
}

type Canonicals = Readonly<Record<Shape, Canonical>>;

function canonicals(sign: NanSign): Canonicals {
  const f32 = [0x00, 0x00, 0xc0, HIGHEST[sign]];
  const f64 = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, HIGHEST[sign]];
  return {
    f32: { local: 'f32', nan: [OP.f32Const, ...f32], equal: [OP.f32Eq], choose: [OP.select] },
    f64: { local: 'f64', nan: [OP.f64Const, ...f64], equal: [OP.f64Eq], choose: [OP.select] },
    f32x4: {
      local: 'v128',
      nan: [...V128_CONST, ...f32, ...f32, ...f32, ...f32],
      equal: [OP.simd, 65],
      choose: BITSELECT,
    },
    f64x2: { local: 'v128', nan: [...V128_CONST, ...f64, ...f64], equal: [OP.simd, 71], choose: BITSELECT },
  };
}

const CANONICAL: Readonly<Record<NanSign, Canonicals>> = {
  positive: canonicals('positive'),
  negative: canonicals('negative'),
};

/** Type of the local that {@link canonicalise} needs. */
export function scratchOf(shape: Shape): LocalType {
  return CANONICAL.positive[shape].local;
}

/** Replaces a NaN on top of the stack by the one that stands for all: only a NaN differs from itself. */
export function canonicalise(writer: Writer, shape: Shape, scratch: number, sign: NanSign): void {
  const { nan, equal, choose } = CANONICAL[sign][shape];
  writer
    .byte(OP.localTee)
    .u32(scratch)
    .code(...nan);
  writer.byte(OP.localGet).u32(scratch).byte(OP.localGet).u32(scratch);
  writer.code(...equal).code(...choose);
}
