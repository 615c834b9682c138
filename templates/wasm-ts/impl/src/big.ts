/** Whole numbers of any size, just enough of them for exact decimal conversion. Values never change once made. */
export class Big {
  /** Base 2^32, least significant first, without leading zeros. */
  private constructor(private readonly limbs: Array<u32>) {}

  static of(value: u64): Big {
    return new Big([<u32>value, <u32>(value >> 32)]).trim();
  }

  static parse(digits: string): Big {
    let value = Big.of(0);
    for (let at = 0; at < digits.length; at += 9) {
      const group = digits.substring(at, min(at + 9, digits.length));
      value = value.timesPower10(group.length).plus(Big.of(U64.parseInt(group, 10)));
    }
    return value;
  }

  times(factor: u32): Big {
    const product = new Array<u32>(this.limbs.length + 1);
    let carry: u64 = 0;
    for (let index = 0; index < this.limbs.length; index++) {
      carry += <u64>this.limbs[index] * factor;
      product[index] = <u32>carry;
      carry >>= 32;
    }
    product[this.limbs.length] = <u32>carry;
    return new Big(product).trim();
  }

  timesPower10(power: i32): Big {
    let value: Big = this;
    for (; power >= 9; power -= 9) value = value.times(1000000000);
    for (; power > 0; power--) value = value.times(10);
    return value;
  }

  plus(other: Big): Big {
    const size = max(this.limbs.length, other.limbs.length);
    const sum = new Array<u32>(size + 1);
    let carry: u64 = 0;
    for (let index = 0; index < size; index++) {
      carry += <u64>this.limb(index) + other.limb(index);
      sum[index] = <u32>carry;
      carry >>= 32;
    }
    sum[size] = <u32>carry;
    return new Big(sum).trim();
  }

  /** The difference; `other` must not be larger. */
  minus(other: Big): Big {
    const difference = new Array<u32>(this.limbs.length);
    let borrow: i64 = 0;
    for (let index = 0; index < this.limbs.length; index++) {
      borrow += <i64>this.limbs[index] - <i64>other.limb(index);
      difference[index] = <u32>borrow;
      borrow >>= 32;
    }
    return new Big(difference).trim();
  }

  shiftLeft(bits: i32): Big {
    const whole = bits >> 5;
    const part = bits & 31;
    const shifted = new Array<u32>(this.limbs.length + whole + 1);
    let carry: u64 = 0;
    for (let index = 0; index < this.limbs.length; index++) {
      carry |= <u64>this.limbs[index] << part;
      shifted[index + whole] = <u32>carry;
      carry >>= 32;
    }
    shifted[this.limbs.length + whole] = <u32>carry;
    return new Big(shifted).trim();
  }

  /** Negative, zero or positive. */
  compare(other: Big): i32 {
    if (this.limbs.length != other.limbs.length) return this.limbs.length - other.limbs.length;
    for (let index = this.limbs.length - 1; index >= 0; index--) {
      if (this.limbs[index] != other.limbs[index]) return this.limbs[index] < other.limbs[index] ? -1 : 1;
    }
    return 0;
  }

  isZero(): bool {
    return this.limbs.length == 0;
  }

  bitLength(): i32 {
    const size = this.limbs.length;
    return size == 0 ? 0 : size * 32 - <i32>clz(this.limbs[size - 1]);
  }

  /** The double nearest to `above` / `below`, ties to even; both are positive. */
  static ratio(above: Big, below: Big): f64 {
    // A quotient of 53 bits; fewer where doubles are subnormal.
    let exponent = max(above.bitLength() - below.bitLength() - 53, -1074);
    let divisor = exponent > 0 ? below.shiftLeft(exponent) : below;
    let rest = exponent < 0 ? above.shiftLeft(-exponent) : above;
    if (rest.compare(divisor.shiftLeft(53)) >= 0) {
      exponent++;
      if (exponent > 0) divisor = divisor.shiftLeft(1);
      else rest = above.shiftLeft(-exponent);
    }
    let quotient: u64 = 0;
    for (let bit = 53; bit >= 0; bit--) {
      const part = divisor.shiftLeft(bit);
      if (rest.compare(part) < 0) continue;
      rest = rest.minus(part);
      quotient |= (<u64>1) << bit;
    }
    const half = rest.shiftLeft(1).compare(divisor);
    if (half > 0 || (half == 0 && (quotient & 1) == 1)) quotient++;
    return scale(quotient, exponent);
  }

  private limb(index: i32): u32 {
    return index < this.limbs.length ? this.limbs[index] : 0;
  }

  private trim(): Big {
    let size = this.limbs.length;
    while (size > 0 && this.limbs[size - 1] == 0) size--;
    this.limbs.length = size;
    return this;
  }
}

/** `mantissa` × 2^`exponent`, which is exact: the mantissa was rounded to what fits there. */
function scale(mantissa: u64, exponent: i32): f64 {
  if (mantissa < 0x10000000000000) return reinterpret<f64>(mantissa);
  if (mantissa == 0x20000000000000) {
    mantissa >>= 1;
    exponent++;
  }
  if (exponent > 971) return Infinity;
  return reinterpret<f64>((<u64>(exponent + 1075) << 52) | (mantissa & 0xfffffffffffff));
}
