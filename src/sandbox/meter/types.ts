import type { FunctionType, ModuleShape } from './module.ts';
import { Writer } from './writer.ts';

const EMPTY = 0x40;
const FUNCTION_TYPE = 0x60;

/** The function types of a module, and behind them those that metering needs for blocks with several results. */
export class TypeTable {
  private readonly types: readonly FunctionType[];
  private readonly added: Uint8Array[] = [];

  constructor(shape: ModuleShape) {
    this.types = shape.types;
  }

  /** The block type without parameters that gives these results. */
  blockType(results: Uint8Array): readonly number[] {
    if (results.length === 0) return [EMPTY];
    if (results.length === 1) return [results[0]!];
    return [...new Writer(8).s32(this.types.length + this.indexOf(results)).view()];
  }

  section(): Uint8Array {
    const writer = new Writer().u32(this.types.length + this.added.length);
    for (const { params, results } of this.types) writer.byte(FUNCTION_TYPE).sized(params).sized(results);
    for (const results of this.added) writer.code(FUNCTION_TYPE, 0).sized(results);
    return writer.view();
  }

  private indexOf(results: Uint8Array): number {
    const known = this.added.findIndex(types => Buffer.compare(types, results) === 0);
    return known >= 0 ? known : this.added.push(results) - 1;
  }
}
