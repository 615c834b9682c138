/**
 * Numbers as ECMAScript reads and writes them: correctly rounded in, shortest digits that read back the same out. The
 * standard library of the compiler is close but not exact, and a capsule must agree with every other reader of its JSON.
 */
import { Big } from './big';

/** Powers of ten that a double holds exactly. */
const POWERS: StaticArray<f64> = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/** Integers up to here have at most 15 digits: no two of them, at one scale, are the same double. */
const FIFTEEN_DIGITS: f64 = 1e15;

/** `Number::toString` of ECMA-262. Traps on NaN and infinities, which JSON does not have. */
export function formatNumber(value: f64): string {
  assert(isFinite(value), 'JSON cannot hold NaN or an infinity');
  if (value == 0) return '0';
  if (value < 0) return '-' + formatNumber(-value);
  if (value < FIFTEEN_DIGITS && value >= 1e-6) {
    for (let scale = 0; scale <= 21; scale++) {
      const scaled = Math.floor(value * POWERS[scale] + 0.5);
      if (scaled >= FIFTEEN_DIGITS) break;
      if (scaled / POWERS[scale] == value) return layout((<u64>scaled).toString(), -scale);
    }
  }
  return shortest(value);
}

/** The double nearest to a JSON number, ties to even. */
export function parseNumber(text: string): f64 {
  const negative = text.charCodeAt(0) == 0x2d;
  const from = negative ? 1 : 0;
  let whole: u64 = 0;
  let digits = 0;
  let exponent = 0;
  let point = -1;
  let at = from;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit == 0x2e) {
      point = at;
    } else if (unit >= 0x30 && unit <= 0x39) {
      if (digits < 18) whole = whole * 10 + (unit - 0x30);
      if (digits > 0 || unit != 0x30) digits++;
      if (point >= 0) exponent--;
    } else {
      break;
    }
  }
  if (at < text.length) exponent += I32.parseInt(text.substring(at + 1), 10);
  const value = digits <= 15 && abs(exponent) <= 22
    ? byOneOperation(whole, exponent)
    : byIntegers(point < 0 ? text.substring(from, at) : text.substring(from, point) + text.substring(point + 1, at), exponent);
  return negative ? -value : value;
}

/** Both operands are exact doubles, so there is one rounding only (Clinger, 1990). */
function byOneOperation(whole: u64, exponent: i32): f64 {
  return exponent < 0 ? <f64>whole / POWERS[-exponent] : <f64>whole * POWERS[exponent];
}

/** `digits` × 10^`exponent` by exact integers; beyond the range of doubles, infinity or zero. */
function byIntegers(digits: string, exponent: i32): f64 {
  const above = Big.parse(digits);
  if (above.isZero()) return 0;
  if (digits.length + exponent < -330) return 0;
  assert(exponent <= 310, 'the number is beyond the range of doubles');
  return Big.ratio(above.timesPower10(max(exponent, 0)), Big.of(1).timesPower10(max(-exponent, 0)));
}

/** Shortest digits by exact integers (Steele and White, 1990): digits are produced until only this double is left. */
function shortest(value: f64): string {
  const bits = reinterpret<u64>(value);
  const stored = <i32>(bits >> 52);
  const fraction = bits & 0xfffffffffffff;
  const mantissa = stored == 0 ? fraction : fraction | 0x10000000000000;
  const exponent = max(stored, 1) - 1075;
  const even = (mantissa & 1) == 0;
  // The neighbour below is half as far away from a power of two.
  const narrow = fraction == 0 && stored > 1;
  const extra = narrow ? 2 : 1;
  let rest = Big.of(mantissa).shiftLeft(max(exponent, 0) + extra);
  let unit = Big.of(1).shiftLeft(max(-exponent, 0) + extra);
  let low = Big.of(1).shiftLeft(max(exponent, 0));
  let high = narrow ? low.shiftLeft(1) : low;

  let scale = <i32>Math.ceil((<f64>(exponent + 64 - <i32>clz(mantissa)) - 1) * 0.30102999566398114 - 1e-10);
  if (scale >= 0) {
    unit = unit.timesPower10(scale);
  } else {
    rest = rest.timesPower10(-scale);
    low = low.timesPower10(-scale);
    high = high.timesPower10(-scale);
  }
  if (!reaches(rest.plus(high), unit, even)) {
    scale--;
    rest = rest.times(10);
    low = low.times(10);
    high = high.times(10);
  }
  let digits = '';
  let last = false;
  while (!last) {
    let digit = 0;
    while (rest.compare(unit) >= 0) {
      rest = rest.minus(unit);
      digit++;
    }
    const below = reaches(low, rest, even);
    const above = reaches(rest.plus(high), unit, even);
    last = below || above;
    const half = last ? rest.shiftLeft(1).compare(unit) : -1;
    if (above && (!below || half > 0 || (half == 0 && (digit & 1) == 1))) digit++;
    digits += digit.toString();
    rest = rest.times(10);
    low = low.times(10);
    high = high.times(10);
  }
  return layout(digits, scale + 1 - digits.length);
}

/** Whether `sum` reaches `unit`: an even double also owns the numbers that lie exactly half-way to its neighbours. */
function reaches(sum: Big, unit: Big, even: bool): bool {
  return even ? sum.compare(unit) >= 0 : sum.compare(unit) > 0;
}

/** Digits and a power of ten, laid out as ECMAScript does: plain from 1e-6 up to 1e21, otherwise with an exponent. */
function layout(digits: string, exponent: i32): string {
  let end = digits.length;
  while (end > 1 && digits.charCodeAt(end - 1) == 0x30) end--;
  const point = digits.length + exponent;
  const shown = digits.substring(0, end);
  if (point > 21 || point < -5) {
    const power = point - 1;
    const mantissa = end == 1 ? shown : shown.substring(0, 1) + '.' + shown.substring(1);
    return mantissa + (power < 0 ? 'e-' : 'e+') + abs(power).toString();
  }
  if (point <= 0) return '0.' + '0'.repeat(-point) + shown;
  return end <= point ? shown + '0'.repeat(point - end) : shown.substring(0, point) + '.' + shown.substring(point);
}
