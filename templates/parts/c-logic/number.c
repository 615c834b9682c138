/**
 * Numbers in and out without loss, by exact decimal digits: every double, and every point half-way between two, has finitely many.
 */
#include "json.h"

/** Digits before the last can be dropped only when they are zeros, so all are kept: no double has more than 767. */
#define MOST_DIGITS 1200
/** Limbs of nine digits. */
#define MOST_LIMBS 140
#define LIMB 1000000000u

/** The digits d1 d2 ... dn stand for 0.d1d2...dn times ten to the power of `point`. No zeros at either end; zero has none. */
typedef struct {
  int count;
  int point;
  unsigned char digits[MOST_DIGITS];
} decimal;

typedef union {
  double value;
  uint64_t bits;
} bits_of;

static void trim(decimal *d) {
  int zeros = 0;
  while (zeros < d->count && d->digits[zeros] == 0) zeros++;
  for (int at = zeros; at < d->count; at++) d->digits[at - zeros] = d->digits[at];
  d->count -= zeros;
  d->point -= zeros;
  while (d->count > 0 && d->digits[d->count - 1] == 0) d->count--;
  if (d->count == 0) d->point = 0;
}

/** `mantissa` times two to the power of `exponent`, exactly. */
static void expand(uint64_t mantissa, int exponent, decimal *out) {
  uint32_t limbs[MOST_LIMBS] = {0};
  int size = 0, scale = 0;
  for (uint64_t rest = mantissa; rest > 0; rest /= LIMB) limbs[size++] = (uint32_t)(rest % LIMB);
  // Half of a number is five times the number with one more decimal place; steps are as large as a limb allows.
  for (int left = exponent < 0 ? -exponent : exponent; left > 0;) {
    int step = left < 12 ? left : 12;
    uint64_t factor = 1, carry = 0;
    for (int i = 0; i < step; i++) factor *= exponent < 0 ? 5 : 2;
    for (int i = 0; i < size; i++) {
      carry += limbs[i] * factor;
      limbs[i] = (uint32_t)(carry % LIMB);
      carry /= LIMB;
    }
    for (; carry > 0; carry /= LIMB) limbs[size++] = (uint32_t)(carry % LIMB);
    if (exponent < 0) scale += step;
    left -= step;
  }
  out->count = 0;
  for (int i = size - 1; i >= 0; i--) {
    uint32_t unit = LIMB / 10;
    for (int digit = 0; digit < 9; digit++, unit /= 10) out->digits[out->count++] = (limbs[i] / unit) % 10;
  }
  out->point = out->count - scale;
  trim(out);
}

static int compare(const decimal *a, const decimal *b) {
  if (a->count == 0 || b->count == 0) return (a->count > 0) - (b->count > 0);
  if (a->point != b->point) return a->point < b->point ? -1 : 1;
  for (int at = 0; at < a->count && at < b->count; at++)
    if (a->digits[at] != b->digits[at]) return a->digits[at] < b->digits[at] ? -1 : 1;
  return (a->count > b->count) - (a->count < b->count);
}

/** Mantissa and exponent of a finite double without its sign. */
static uint64_t split(uint64_t bits, int *exponent) {
  int stored = (int)(bits >> 52) & 0x7ff;
  uint64_t fraction = bits & 0xfffffffffffff;
  *exponent = (stored == 0 ? 1 : stored) - 1075;
  return stored == 0 ? fraction : fraction | 0x10000000000000;
}

/** How `d` compares with the point half-way between the double of these bits and the next one. */
static int against_middle(const decimal *d, uint64_t bits) {
  static decimal middle;
  int exponent;
  uint64_t mantissa = split(bits, &exponent);
  expand(2 * mantissa + 1, exponent - 1, &middle);
  return compare(d, &middle);
}

/** Exact up to 22. */
static double power_of_ten(int exponent) {
  double power = 1, base = 10;
  for (int rest = exponent; rest > 0; rest >>= 1, base *= base)
    if (rest & 1) power *= base;
  return power;
}

/** Near the value: some units in the last place off at most. */
static double guess(const decimal *d) {
  double value = 0;
  int exponent = d->point;
  for (int at = 0; at < d->count && at < 18; at++, exponent--) value = value * 10 + d->digits[at];
  if (exponent > 0) return value * power_of_ten(exponent);
  while (exponent < -250) {
    value /= 1e250;
    exponent += 250;
  }
  return value / power_of_ten(-exponent);
}

/** The double of few digits and a small power, both exact, so that there is one rounding only (Clinger, 1990). */
static bool by_one_operation(const decimal *d, double *value) {
  int exponent = d->point - d->count;
  if (d->count > 15 || exponent < -22 || exponent > 22) return false;
  *value = 0;
  for (int at = 0; at < d->count; at++) *value = *value * 10 + d->digits[at];
  *value = exponent < 0 ? *value / power_of_ten(-exponent) : *value * power_of_ten(exponent);
  return true;
}

/** The double nearest to a decimal, by steps from a guess; infinity beyond the largest. */
static double nearest(const decimal *d) {
  const uint64_t largest = 0x7fefffffffffffff;
  if (d->count == 0 || d->point < -330) return 0;
  if (d->point > 310) return (bits_of){.bits = largest + 1}.value;
  bits_of at;
  if (by_one_operation(d, &at.value)) return at.value;
  at.value = guess(d);
  if (at.bits > largest) at.bits = largest;
  while (at.bits <= largest) {
    int above = against_middle(d, at.bits);
    if (above < 0 || (above == 0 && (at.bits & 1) == 0)) break;
    at.bits++;
  }
  while (at.bits > 0) {
    int below = against_middle(d, at.bits - 1);
    if (below > 0 || (below == 0 && (at.bits & 1) == 0)) break;
    at.bits--;
  }
  return at.value;
}

static bool is_finite(uint64_t bits) {
  return (bits >> 52 & 0x7ff) != 0x7ff;
}

static bool is_digit(char unit) {
  return unit >= '0' && unit <= '9';
}

double number_read(vnes_text text) {
  static decimal d;
  bool negative = text.size > 0 && text.at[0] == '-', fraction = false;
  size_t at = negative ? 1 : 0;
  d.count = d.point = 0;
  for (; at < text.size && (is_digit(text.at[at]) || text.at[at] == '.'); at++) {
    if (text.at[at] == '.') {
      fraction = true;
      continue;
    }
    // Past what a middle can hold, all that matters is whether something comes.
    if (d.count < MOST_DIGITS - 1) d.digits[d.count++] = (unsigned char)(text.at[at] - '0');
    else if (text.at[at] != '0') d.digits[MOST_DIGITS - 1] = 1, d.count = MOST_DIGITS;
    if (!fraction) d.point++;
  }
  if (at < text.size) {
    bool below = text.at[at + 1] == '-';
    int exponent = 0;
    for (at += is_digit(text.at[at + 1]) ? 1 : 2; at < text.size && exponent < 100000; at++)
      exponent = exponent * 10 + (text.at[at] - '0');
    d.point += below ? -exponent : exponent;
  }
  trim(&d);
  bits_of value = {nearest(&d)};
  if (!is_finite(value.bits)) vnes_trap(VNES_TEXT("the number is beyond the range of doubles"));
  return negative ? -value.value : value.value;
}

/** One more in the last place. */
static void carry(decimal *d) {
  int at = d->count - 1;
  while (at >= 0 && d->digits[at] == 9) d->digits[at--] = 0;
  if (at >= 0) {
    d->digits[at]++;
  } else {
    d->digits[0] = 1;
    d->point++;
  }
}

/** The first `keep` digits of `from`, rounded, ties to even. */
static void round_to(const decimal *from, int keep, decimal *out) {
  out->count = from->count < keep ? from->count : keep;
  out->point = from->point;
  for (int at = 0; at < out->count; at++) out->digits[at] = from->digits[at];
  if (from->count <= keep) return;
  bool tie = from->digits[keep] == 5 && from->count == keep + 1;
  if (from->digits[keep] > 5 || (from->digits[keep] == 5 && !(tie && out->digits[keep - 1] % 2 == 0))) carry(out);
  trim(out);
}

/** At most 15 digits that are the double, if there are such; others are sought exactly. */
static bool find_few(double value, decimal *out) {
  if (value >= 1e15 || value < 1e-6) return false;
  for (int scale = 0; scale <= 21; scale++) {
    double power = power_of_ten(scale);
    if (value * power + 0.5 >= 1e15) return false;
    uint64_t scaled = (uint64_t)(value * power + 0.5);
    if ((double)scaled / power != value) continue;
    out->count = 15;
    out->point = 15 - scale;
    for (int at = 14; at >= 0; at--, scaled /= 10) out->digits[at] = (unsigned char)(scaled % 10);
    trim(out);
    return true;
  }
  return false;
}

/** Plain from 1e-6 up to 1e21, otherwise with an exponent. */
static size_t lay_out(const decimal *d, char *to) {
  size_t size = 0;
  bool plain = d->point > -6 && d->point <= 21;
  int point = plain ? d->point : 1;
  if (point <= 0) to[size++] = '0';
  for (int at = 0; at < point; at++) to[size++] = at < d->count ? (char)('0' + d->digits[at]) : '0';
  if (d->count > point) to[size++] = '.';
  for (int at = point; at < 0; at++) to[size++] = '0';
  for (int at = point < 0 ? 0 : point; at < d->count; at++) to[size++] = (char)('0' + d->digits[at]);
  if (plain) return size;
  int power = d->point - 1;
  to[size++] = 'e';
  to[size++] = power < 0 ? '-' : '+';
  if (power < 0) power = -power;
  if (power >= 100) to[size++] = (char)('0' + power / 100);
  if (power >= 10) to[size++] = (char)('0' + power / 10 % 10);
  to[size++] = (char)('0' + power % 10);
  return size;
}

vnes_text number_write(double value) {
  static decimal exact, shown;
  char *to = vnes_alloc(40);
  size_t size = 0;
  bits_of bits = {value};
  if (!is_finite(bits.bits)) vnes_trap(VNES_TEXT("JSON cannot hold NaN or an infinity"));
  if (value == 0) return VNES_TEXT("0");
  if (value < 0) to[size++] = '-';
  bits.bits &= 0x7fffffffffffffff;
  if (!find_few(bits.value, &shown)) {
    int exponent;
    uint64_t mantissa = split(bits.bits, &exponent);
    expand(mantissa, exponent, &exact);
    for (int keep = 15; keep <= 17; keep++) {
      round_to(&exact, keep, &shown);
      if (keep == 17 || nearest(&shown) == bits.value) break;
    }
  }
  size += lay_out(&shown, to + size);
  return (vnes_text){to, size};
}
