import { Malformed } from '../../capsule/wasm/reader.ts';

/** A place in the code that takes fuel for what is sure to follow it. */
export interface Charge {
  /** Where its amount stands in the code; undefined for the charge at the function's entry. */
  readonly at: number | undefined;
  amount: number;
}

interface Frame {
  /** Height of the operand stack below the block's parameters. */
  readonly base: number;
  readonly params: number;
  readonly results: number;
  /** What paid for the code before the block. */
  readonly before: Charge;
  /** Number of the outermost frame that a branch inside may go to. When it is further out, the code after may not be reached. */
  outermost: number;
}

/**
 * Follows the blocks of one function and says which charge pays for an instruction. A charge pays for all that runs whenever
 * its place is reached: what follows up to the next branch, and what comes after a block that no branch leaves for further out.
 */
export class Blocks {
  readonly charges: Charge[];
  private readonly frames: Frame[];
  private current: Charge | undefined;
  private height = 0;
  private highest = 0;

  /** `results` of the function. */
  constructor(results: number) {
    const entry: Charge = { at: undefined, amount: 0 };
    this.charges = [entry];
    this.current = entry;
    this.frames = [{ base: 0, params: 0, results, before: entry, outermost: 0 }];
  }

  /** Whether the next instruction needs a charge of its own, {@link charge}. */
  get unpaid(): boolean {
    return this.current === undefined;
  }

  get ended(): boolean {
    return this.frames.length === 0;
  }

  /** The label that stands for the function itself. */
  get outermost(): number {
    return this.frames.length - 1;
  }

  /** The highest that the operand stack may get, in values. */
  get mostOperands(): number {
    return this.highest;
  }

  charge(at: number): void {
    this.current = { at, amount: 0 };
    this.charges.push(this.current);
  }

  /** One instruction, which makes the operand stack grow. */
  pay(growth: number): void {
    this.current!.amount += 1;
    this.grow(growth);
  }

  grow(by: number): void {
    this.height += by;
    if (this.height > this.highest) this.highest = this.height;
  }

  /** A block begins; `repeats` or is conditional when it needs a charge of its own. */
  open(params: number, results: number, own: boolean): void {
    const base = this.height - params;
    this.frames.push({ base, params, results, before: this.current!, outermost: this.frames.length });
    if (own) this.current = undefined;
  }

  otherwise(): void {
    const { base, params } = this.frames.at(-1)!;
    this.height = base + params;
    this.current = undefined;
  }

  close(): void {
    const { base, results, before, outermost } = this.frames.pop()!;
    const left = outermost < this.frames.length;
    const around = this.frames.at(-1);
    if (around) around.outermost = Math.min(around.outermost, outermost);
    this.height = base;
    this.grow(results);
    this.current = left ? undefined : before;
  }

  /** A branch that may leave for a label, conditional or not. */
  branch(label: number): void {
    if (label >= this.frames.length) throw new Malformed(`a branch to the label ${label}, which is missing`);
    const frame = this.frames.at(-1)!;
    frame.outermost = Math.min(frame.outermost, this.frames.length - 1 - label);
    this.current = undefined;
  }
}
