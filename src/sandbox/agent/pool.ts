import { LIMITS } from '../../base/limits.ts';
import { RESERVED_MODULE } from '../meter/reserved.ts';

/** The counters of a sandbox, which all modules of all its components share: metered code takes from them (sandbox/meter). */
export class Pool {
  private readonly budget: bigint;
  private readonly fuel = new WebAssembly.Global({ value: 'i64', mutable: true }, 0n);
  private readonly stack: WebAssembly.Global;
  private readonly stackBytes: number;

  /** `fuel` for each delivery. */
  constructor(fuel: number, stackBytes: number = LIMITS.stackBytes) {
    this.budget = BigInt(fuel);
    this.stackBytes = stackBytes;
    this.stack = new WebAssembly.Global({ value: 'i32', mutable: true }, stackBytes);
  }

  /** What a metered module imports besides what it imported before. */
  get imports(): Record<string, Record<string, WebAssembly.Global>> {
    return { [RESERVED_MODULE]: { fuel: this.fuel, stack: this.stack } };
  }

  /** A new delivery begins. */
  refill(): void {
    this.fuel.value = this.budget;
    this.stack.value = this.stackBytes;
  }

  /** Takes fuel for work of the host. The guest ends at its next check when nothing is left. */
  spend(units: number): void {
    this.fuel.value = (this.fuel.value as bigint) - BigInt(units);
  }

  /** Runs code that takes nothing from the guest. */
  aside(code: () => void): void {
    const { fuel, room } = { fuel: this.fuel.value as bigint, room: this.room };
    this.refill();
    code();
    this.fuel.value = fuel;
    this.room = room;
  }

  /** Fuel that the delivery has taken so far. Code that is not metered takes none but for what it asks of the host. */
  get used(): number {
    return Number(this.budget - (this.fuel.value as bigint));
  }

  /** Room that is left for calls; put back for the caller when a component that it called ends in a trap. */
  get room(): number {
    return Number(this.stack.value);
  }

  set room(bytes: number) {
    this.stack.value = bytes;
  }

  /** Which counter ran out, in the words of a trap. */
  get spent(): string | undefined {
    if (this.room < 0) return 'calls nested too deeply';
    return this.fuel.value < 0n ? 'out of fuel' : undefined;
  }
}
