/** Numbers that went through logarithms or decimal rounding may differ by this much, absolutely; everything else must be equal. */
export const TOLERANCE = 1e-9;

/**
 * Where `actual` differs from `expected`, as JSON pointers with both values; nothing when they agree. Members that `expected`
 * does not have are not looked at. Integers, strings and structure must be the same; fractions within {@link TOLERANCE}.
 */
export function differences(actual: unknown, expected: unknown, pointer = ''): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [report(pointer, actual, expected)];
    const length =
      actual.length === expected.length ? [] : [report(`${pointer}/length`, actual.length, expected.length)];
    return [
      ...length,
      ...expected.flatMap((item, index) => differences(actual[index], item, `${pointer}/${index}`)),
    ];
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return [report(pointer, actual, expected)];
    return Object.keys(expected).flatMap(key => differences(actual[key], expected[key], `${pointer}/${key}`));
  }
  return sameScalar(actual, expected) ? [] : [report(pointer, actual, expected)];
}

function sameScalar(actual: unknown, expected: unknown): boolean {
  if (typeof actual !== 'number' || typeof expected !== 'number' || Number.isInteger(expected))
    return actual === expected;
  return Math.abs(actual - expected) <= TOLERANCE;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function report(pointer: string, actual: unknown, expected: unknown): string {
  return `${pointer || '/'}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`;
}
