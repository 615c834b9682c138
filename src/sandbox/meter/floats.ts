/** What a floating-point instruction has to do with NaNs: the shape of a result whose NaN bits the engine may choose. */
export type Shape = 'f32' | 'f64' | 'f32x4' | 'f64x2';

type Range = readonly [from: number, to: number, shape: Shape];

/**
 * Instructions whose NaN results are not determined by the specification (section 4.3.3, "NaN propagation"): arithmetic,
 * rounding and conversions between floats. `abs`, `neg`, `copysign`, loads, constants, `pmin` and `pmax` give exact bits.
 */
const PLAIN_NANS: readonly Range[] = [
  [0x8d, 0x97, 'f32'],
  [0x9b, 0xa5, 'f64'],
  [0xb6, 0xb6, 'f32'],
  [0xbb, 0xbb, 'f64'],
];

const SIMD_NANS: readonly Range[] = [
  [94, 94, 'f32x4'],
  [95, 95, 'f64x2'],
  [103, 106, 'f32x4'],
  [116, 117, 'f64x2'],
  [122, 122, 'f64x2'],
  [148, 148, 'f64x2'],
  [227, 233, 'f32x4'],
  [239, 245, 'f64x2'],
];

/** Instructions besides those above that take a float from the top and show nothing of a NaN's bits: comparisons, conversions to integers. */
const PLAIN_BLIND: readonly (readonly [from: number, to: number])[] = [
  [0x5b, 0x66],
  [0xa8, 0xab],
  [0xae, 0xb1],
];

function fill(ranges: readonly Range[]): (Shape | undefined)[] {
  const shapes: (Shape | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const [from, to, shape] of ranges) shapes.fill(shape, from, to + 1);
  return shapes;
}

/** By opcode: the shape of the result when it can be a NaN of any bits. */
export const NAN_RESULT = fill(PLAIN_NANS);
export const SIMD_NAN_RESULT = fill(SIMD_NANS);

/** By opcode: whether a NaN on top of the stack may reach the instruction with any bits. */
export const BLIND: readonly boolean[] = NAN_RESULT.map(
  (shape, opcode) => shape !== undefined || PLAIN_BLIND.some(([from, to]) => from <= opcode && opcode <= to),
);
