import type { Reader } from '../../capsule/wasm/reader.ts';
import { Blocks } from './blocks.ts';
import { Decoder } from './decoder.ts';
import {
  type Counters,
  canonicalise,
  checkFuel,
  giveStackBack,
  type NanSign,
  reloadFuel,
  scratchOf,
  takeFuel,
  takeFuelAtEntry,
  takeFuelBySize,
  takeStack,
} from './emit.ts';
import type { Shape } from './floats.ts';
import { Locals } from './locals.ts';
import { type FunctionType, functionAt, type ModuleShape, typeAt } from './module.ts';
import { isBlind, resultOf } from './nan.ts';
import { OP } from './opcodes.ts';
import { priceOf } from './prices.ts';
import { movedGlobal } from './sections.ts';
import { Writer } from './writer.ts';

/** What all functions of a module share. */
export interface FunctionContext {
  readonly shape: ModuleShape;
  readonly counters: Counters;
  readonly nans: NanSign;
  /** The block type that gives these results. */
  blockType(results: Uint8Array): readonly number[];
}

/** What a call takes of the stack besides its values: return address, frame pointer and what the engine keeps. */
const CALL_BYTES = 64;
/** One value, a vector being the largest. */
const VALUE_BYTES = 16;
/** A function that calls nothing and needs no more than this is not counted: the reserve covers one such frame. */
const FREE_LEAF_BYTES = 4096;

/** Meters one function; the result is its new body. */
export class FunctionMeter {
  private readonly context: FunctionContext;
  private readonly type: FunctionType;
  private readonly reader: Reader;
  private readonly decoder: Decoder;
  private readonly locals: Locals;
  private readonly fuel: number;
  private readonly blocks: Blocks;
  private readonly code: Writer;
  private calls = false;
  /** A float on top of the stack whose NaN bits are still the engine's choice. */
  private loose: Shape | undefined;

  constructor(context: FunctionContext, type: FunctionType, reader: Reader) {
    this.context = context;
    this.type = type;
    this.reader = reader;
    this.locals = new Locals(type.params.length, reader);
    this.fuel = this.locals.scratch('fuel', 'i64');
    this.decoder = new Decoder(reader);
    this.blocks = new Blocks(type.results.length);
    this.code = new Writer(2 * (reader.end - reader.at) + 64);
  }

  rewrite(): Uint8Array {
    while (!this.blocks.ended) this.instruction();
    for (const { at, amount } of this.blocks.charges) if (at !== undefined) this.code.fix(at, amount);
    return this.assemble();
  }

  private instruction(): void {
    const { decoder } = this;
    decoder.next();
    this.settle();
    if (decoder.layout === 'end') this.boundary();
    else this.operation();
  }

  private operation(): void {
    const { decoder, code, blocks, context } = this;
    if (blocks.unpaid) blocks.charge(takeFuel(code, context.counters, this.fuel));
    blocks.pay(decoder.growth);
    const handler = HANDLERS[decoder.layout];
    if (decoder.prefix === 0 && decoder.opcode === OP.return) this.leave();
    else if (handler) handler(this);
    else this.keep();
    this.loose = resultOf(decoder);
  }

  /** Makes the last result's NaN canonical, unless the instruction that comes next cannot tell. */
  private settle(): void {
    const shape = this.loose;
    this.loose = undefined;
    if (shape === undefined || isBlind(this.decoder, shape)) return;
    const scratch = this.locals.scratch(scratchOf(shape), scratchOf(shape));
    canonicalise(this.code, shape, scratch, this.context.nans);
  }

  /** The instruction as it is. */
  private keep(): void {
    const price = priceOf(this.decoder);
    if (price !== undefined) {
      const size = this.locals.scratch('size', 'i32');
      takeFuelBySize(this.code, this.context.counters, this.fuel, size, price);
    }
    this.copy();
  }

  copy(): void {
    this.code.raw(this.context.shape.core.subarray(this.decoder.start, this.reader.at));
  }

  private boundary(): void {
    if (this.decoder.opcode === OP.else) this.blocks.otherwise();
    else this.blocks.close();
    if (!this.blocks.ended) this.copy();
  }

  /** `return` as a branch, so that the epilogue is not missed. */
  private leave(): void {
    this.code.byte(OP.br).u32(this.blocks.outermost);
    this.blocks.branch(this.blocks.outermost);
  }

  open(): void {
    const { opcode, index } = this.decoder;
    const type = index >= 0 ? typeAt(this.context.shape, index) : undefined;
    const params = type?.params.length ?? 0;
    const results = type?.results.length ?? (index === -2 ? 1 : 0);
    this.blocks.open(params, results, opcode !== OP.block);
    this.copy();
    if (opcode !== OP.loop) return;
    this.blocks.charge(takeFuel(this.code, this.context.counters, this.fuel));
    checkFuel(this.code, this.fuel);
  }

  branch(label: number): void {
    this.copy();
    this.blocks.branch(label);
  }

  call(type: FunctionType): void {
    this.copy();
    this.calls = true;
    this.blocks.grow(-type.params.length);
    this.blocks.grow(type.results.length);
    reloadFuel(this.code, this.context.counters, this.fuel);
  }

  global(): void {
    this.code.byte(this.decoder.opcode).u32(movedGlobal(this.context.shape, this.decoder.index));
  }

  get read(): Decoder {
    return this.decoder;
  }

  get shape(): ModuleShape {
    return this.context.shape;
  }

  private assemble(): Uint8Array {
    const { context, blocks, type, fuel, locals } = this;
    const { counters } = context;
    const bytes = CALL_BYTES + VALUE_BYTES * (locals.count + blocks.mostOperands + type.results.length);
    const counted = this.calls || bytes > FREE_LEAF_BYTES;
    const left = counted ? locals.scratch('stack', 'i32') : 0;
    const body = new Writer(this.code.length + 128);
    locals.write(body);
    takeFuelAtEntry(body, counters, fuel, blocks.charges[0]!.amount);
    if (this.calls) checkFuel(body, fuel);
    if (counted) {
      takeStack(body, counters, left, bytes);
      body.byte(OP.block).code(...context.blockType(type.results));
    }
    body.raw(this.code.view());
    if (counted) giveStackBack(body.byte(OP.end), counters, left, bytes);
    return body.byte(OP.end).view();
  }
}

/** The layouts that are not simply copied. */
const HANDLERS: Readonly<Record<string, (meter: FunctionMeter) => void>> = {
  b: meter => meter.open(),
  br: meter => meter.branch(meter.read.index),
  table: meter => meter.branch(meter.read.index),
  call: meter => meter.call(functionAt(meter.shape, meter.read.index)),
  indirect: meter => meter.call(typeAt(meter.shape, meter.read.index)),
  g: meter => meter.global(),
};
