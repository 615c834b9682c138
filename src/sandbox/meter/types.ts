import type { FunctionType, ModuleShape } from './module.ts';
import { Writer } from './writer.ts';

const EMPTY = 0x40;
const FUNCTION_TYPE = 0x60;

/** The function types of a module, and behind them those that metering needs for blocks with several results. */
export class TypeTable {
  private readonly types: readonly FunctionType[];
  private readonly added = new Map<string, { readonly index: number; readonly results: Uint8Array }>();

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
    const writer = new Writer().u32(this.types.length + this.added.size);
    for (const { params, results } of this.types) writer.byte(FUNCTION_TYPE).sized(params).sized(results);
    for (const { results } of this.added.values()) writer.code(FUNCTION_TYPE, 0).sized(results);
    return writer.view();
  }

  private indexOf(results: Uint8Array): number {
    const key = results.join();
    const known = this.added.get(key) ?? { index: this.added.size, results };
    this.added.set(key, known);
    return known.index;
  }
}
