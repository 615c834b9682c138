import type { Reader } from '../../capsule/wasm/reader.ts';
import { isValueType } from './decoder.ts';
import { type LocalType, TYPE } from './emit.ts';
import { lengthOf } from './module.ts';
import { Refused } from './refusal.ts';
import type { Writer } from './writer.ts';

/** V8 refuses a function with more; the check keeps numbers small here. */
const MOST_LOCALS = 50_000;

/** The locals of one function: its own, and behind them those that metering needs, each made when first asked for. */
export class Locals {
  /** Parameters and the function's own locals. */
  readonly own: number;
  private readonly runs: readonly (readonly [count: number, type: number])[];
  private readonly added = new Map<string, { readonly index: number; readonly type: number }>();

  constructor(params: number, reader: Reader) {
    const at = reader.at;
    this.runs = Array.from({ length: lengthOf(reader) }, () => readRun(reader));
    this.own = this.runs.reduce((sum, [count]) => sum + count, params);
    if (this.own > MOST_LOCALS) throw new Refused(`a function with ${this.own} locals`, at);
  }

  /** Index of a local of metering, by what it is for. */
  scratch(purpose: string, type: LocalType): number {
    const known = this.added.get(purpose);
    if (known) return known.index;
    const index = this.own + this.added.size;
    this.added.set(purpose, { index, type: TYPE[type] });
    return index;
  }

  get count(): number {
    return this.own + this.added.size;
  }

  /** The declarations, at the start of a function's body. */
  write(writer: Writer): void {
    writer.u32(this.runs.length + this.added.size);
    for (const [count, type] of this.runs) writer.u32(count).byte(type);
    for (const { type } of this.added.values()) writer.u32(1).byte(type);
  }
}

function readRun(reader: Reader): readonly [count: number, type: number] {
  const at = reader.at;
  const count = reader.u32();
  const type = reader.byte();
  if (!isValueType(type)) throw new Refused('a local of an unknown type', at);
  return [count, type];
}
