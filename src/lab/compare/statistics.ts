// Statistics of a few seeds, in f64.

/** Mean and standard deviation of some values, that of a sample; 0 for a single one. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** A mean, and how far its 95 % confidence interval reaches on both sides; infinitely far for a single value. */
export interface Interval {
  readonly mean: number;
  readonly half: number;
}

/** Student's t interval of the mean of values that are independent and about normal. */
export function tInterval(values: readonly number[], confidence = 0.95): Interval {
  const { mean, deviation } = spread(values);
  if (values.length < 2) return { mean, half: Number.POSITIVE_INFINITY };
  const quantile = tQuantile((1 + confidence) / 2, values.length - 1);
  return { mean, half: (quantile * deviation) / Math.sqrt(values.length) };
}

/** How two optimizers differ, from values of the same seeds: the interval of the mean of their differences a - b. */
export interface Difference extends Interval {
  /** Whether the interval excludes 0: only then is the difference called one. */
  readonly shown: boolean;
}

/**
 * Compares paired values: those of one place have seed, start and order in common.
 * @throws RangeError where there are not as many of both
 */
export function pairedDifference(a: readonly number[], b: readonly number[]): Difference {
  if (a.length !== b.length) throw new RangeError(`${a.length} values cannot be paired with ${b.length}`);
  const interval = tInterval(a.map((value, i) => value - (b[i] as number)));
  return { ...interval, shown: Math.abs(interval.mean) > interval.half };
}

/** The value below which Student's t with so many degrees of freedom lies with probability p, 0.5 <= p < 1. */
export function tQuantile(p: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (tDistribution(high, freedom) < p) high *= 2;
  // Halving 60 times leaves nothing of an f64.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tDistribution(middle, freedom) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T <= t) for t >= 0, by the regularised incomplete beta function: 1 - I_x(v/2, 1/2) / 2 with x = v / (v + t^2). */
function tDistribution(t: number, freedom: number): number {
  return 1 - incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
}

/** I_x(a, b) by Lentz's method on its continued fraction. Source: DLMF 8.17.22. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges quickly below the mean; above, the other tail does.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let [c, d, f] = [1, 0, 1];
  for (let i = 0; i <= 200; i++) {
    const m = Math.floor(i / 2);
    let term = 1;
    if (i > 0 && i % 2 === 0) term = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    if (i % 2 === 1) term = -((a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (Math.abs(1 + term * d) < tiny ? tiny : 1 + term * d);
    c = Math.abs(1 + term / c) < tiny ? tiny : 1 + term / c;
    f *= c * d;
    if (Math.abs(1 - c * d) < 1e-15) break;
  }
  return front * (f - 1);
}

/** log of the gamma function for x > 0: Stirling's series where it is precise, DLMF 5.11.1, and recurrence below. */
function logGamma(x: number): number {
  if (x < 12) return logGamma(x + 1) - Math.log(x);
  const s = 1 / (x * x);
  const series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / x;
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
