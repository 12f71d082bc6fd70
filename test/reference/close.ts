/** How far a number may lie from the expected one: |got - expected| <= absolute + relative |expected|. */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

/** The element that uses most of its allowance: `used` is |got - expected| divided by what the tolerance allows. */
export interface Worst {
  readonly index: number;
  readonly got: number;
  readonly expected: number;
  readonly used: number;
}

/** Finds the element of `got` that lies furthest from `expected`, measured in its tolerance. NaN is worse than all. */
export function worst(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: Tolerance): Worst {
  const { absolute = 0, relative = 0 } = tolerance;
  if (got.length !== expected.length) {
    throw new Error(`Expected ${expected.length} elements, got ${got.length}.`);
  }
  let found: Worst = { index: -1, got: 0, expected: 0, used: 0 };
  for (let index = 0; index < expected.length; index++) {
    const g = got[index] as number;
    const e = expected[index] as number;
    const difference = Math.abs(g - e);
    const used = g === e ? 0 : difference / (absolute + relative * Math.abs(e));
    if (!(used <= found.used)) found = { index, got: g, expected: e, used };
    if (Number.isNaN(used)) break;
  }
  return found;
}

/**
 * Throws unless every element of `got` is within the tolerance of its `expected` one.
 *
 * @param what names the array in the message, which gives index, got and expected of the worst element.
 */
export function expectClose(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  what = "array",
): void {
  const found = worst(got, expected, tolerance);
  if (found.used <= 1) return;
  const { absolute = 0, relative = 0 } = tolerance;
  throw new Error(
    `${what}[${found.index}]: got ${found.got}, expected ${found.expected}; ` +
      `the difference ${found.got - found.expected} is ${found.used.toPrecision(3)} times what ` +
      `${absolute} + ${relative} |expected| allows.`,
  );
}

/**
 * Throws unless max |got - expected| <= bound max |expected|: the measure for a gradient tensor, whose small elements are
 * sums of large ones and so share their rounding.
 */
export function expectCloseToScale(
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
  what = "array",
): void {
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i] as number));
  expectClose(got, expected, { absolute: bound * scale }, what);
}
