// L-BFGS in f64, in the order that textbooks write it, with the evaluations as yields: Nocedal and Wright, "Numerical
// Optimization", 2nd edition 2006, algorithm 7.5 (the method) with 7.4 (two loops over the pairs), 3.5 (bracketing) and 3.6
// (zoom). Where the book leaves things open it is torch.optim.LBFGS with strong_wolfe: how trial steps are interpolated,
// what ends the search, what ends the run.

/** Loss and gradient at a point. */
export interface Evaluated {
  readonly value: number;
  readonly gradient: Float64Array;
}

/** Where loss and gradient are wanted next, and the last accepted point. */
export interface Wanted {
  readonly at: Float64Array;
  readonly accepted: Float64Array;
  /** What the request is for. */
  readonly why: "start" | "first" | "further" | "zoom" | "end";
}

export interface LbfgsHyper {
  readonly lr: number;
  readonly tolerance_grad: number;
  readonly tolerance_change: number;
  readonly history_size: number;
}

interface Trial extends Evaluated {
  readonly t: number;
  readonly slope: number;
}

type Asking<T> = Generator<Wanted, T, Evaluated>;

const [C1, C2, MAX_LS] = [1e-4, 0.9, 25];
/** More than any loss: what a step counts as that has none. */
const HUGE = 1e30;

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
const largest = (a: Float64Array) => a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const along = (x: Float64Array, t: number, d: Float64Array) => x.map((value, i) => value + t * (d[i] as number));

/**
 * The points where the method wants loss and gradient, without an end: once it has converged it asks for the same one.
 * @param noise how much larger a loss may come out than it is, as a share of it
 */
export function* lbfgs(start: ArrayLike<number>, hyper: LbfgsHyper, noise = 0): Asking<never> {
  const { lr, tolerance_grad, tolerance_change, history_size } = hyper;
  let x = Float64Array.from(start);
  for (;;) {
    // At the start, and again should a gradient that was within the tolerance no longer be.
    let { value, gradient } = yield { at: x, accepted: x, why: "start" };
    if (!Number.isFinite(value) || !gradient.every(Number.isFinite) || largest(gradient) <= tolerance_grad) continue;
    let pairs: { s: Float64Array; y: Float64Array }[] = [];
    let isFirst = true;
    let stalls = false;
    while (!stalls) {
      let d = direction(gradient, pairs);
      let slope = dot(gradient, d);
      if (!(slope < 0) && pairs.length > 0) {
        [pairs, isFirst] = [[], true];
        d = direction(gradient, pairs);
        slope = dot(gradient, d);
      }
      if (!(slope <= -tolerance_change)) {
        stalls = true;
        break;
      }
      const first = isFirst ? Math.min(1, 1 / gradient.reduce((sum, g) => sum + Math.abs(g), 0)) * lr : lr;
      isFirst = false;
      const origin = { t: 0, value, gradient, slope };
      const found = yield* strongWolfe(x, d, origin, first, tolerance_change, noise);
      if (found.t === 0) {
        stalls = pairs.length === 0;
        [pairs, isFirst] = [[], true];
        continue;
      }
      const s = d.map((value) => found.t * value);
      const y = found.gradient.map((g, i) => g - (gradient[i] as number));
      x = along(x, found.t, d);
      const change = Math.abs(found.value - value);
      ({ value, gradient } = found);
      if (largest(gradient) <= tolerance_grad) break;
      stalls = largest(s) <= tolerance_change || change < tolerance_change;
      if (dot(s, y) > 1e-10) pairs = [...pairs, { s, y }].slice(-history_size);
    }
    while (stalls) yield { at: x, accepted: x, why: "end" };
  }
}

/** Algorithm 7.4, whose result is turned downhill, with H0 = (s y / y y) I of the last pair (7.20). */
function direction(gradient: Float64Array, pairs: readonly { s: Float64Array; y: Float64Array }[]): Float64Array {
  let q = gradient.slice();
  const alphas = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y } = pairs[i] as (typeof pairs)[number];
    const alpha = dot(s, q) / dot(y, s);
    alphas[i] = alpha;
    q = along(q, -alpha, y);
  }
  const last = pairs.at(-1);
  const scale = last ? dot(last.s, last.y) / dot(last.y, last.y) : 1;
  let r = q.map((value) => scale * value);
  for (const [i, { s, y }] of pairs.entries()) r = along(r, (alphas[i] as number) - dot(y, r) / dot(y, s), s);
  return r.map((value) => -value);
}

/** Algorithms 3.5 and 3.6. @returns the point found; that of t = 0 where there is none */
function* strongWolfe(
  x: Float64Array,
  d: Float64Array,
  origin: Trial,
  first: number,
  tolerance_change: number,
  noise: number,
): Asking<Trial> {
  const evaluate = function* (t: number, why: Wanted["why"]): Asking<Trial> {
    const { value, gradient } = yield { at: along(x, t, d), accepted: x, why };
    const slope = dot(gradient, d);
    const hasValues = Number.isFinite(value) && Number.isFinite(slope);
    return hasValues ? { t, value, gradient, slope } : { t, value: HUGE, gradient, slope: 0 };
  };
  const isTooHigh = ({ t, value }: Trial) =>
    value > origin.value + C1 * t * origin.slope + noise * Math.abs(origin.value);
  const isFlat = ({ slope }: Trial) => Math.abs(slope) <= -C2 * origin.slope;

  let [before, now] = [origin, yield* evaluate(first, "first")];
  let evaluations = 0;
  for (; ; evaluations++) {
    if (evaluations === MAX_LS) return origin.value <= now.value ? origin : now;
    if (isTooHigh(now) || (evaluations > 1 && now.value >= before.value)) break;
    if (isFlat(now)) return now;
    if (now.slope >= 0) break;
    const t = cubic(before, now, [now.t + 0.01 * (now.t - before.t), 10 * now.t]);
    [before, now] = [now, yield* evaluate(t, "further")];
  }
  let [low, high] = before.value <= now.value ? [before, now] : [now, before];
  let wasNearEnd = false;
  for (; evaluations < MAX_LS; evaluations++) {
    if (Math.abs(high.t - low.t) * largest(d) < tolerance_change) break;
    const [least, most] = [Math.min(low.t, high.t), Math.max(low.t, high.t)];
    let t = cubic(low, high, [least, most]);
    const margin = 0.1 * (most - least);
    const isNearEnd = Math.min(most - t, t - least) < margin;
    const moves: boolean = isNearEnd && (wasNearEnd || t >= most || t <= least);
    if (moves) t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
    wasNearEnd = isNearEnd && !moves;
    const trial: Trial = yield* evaluate(t, "zoom");
    if (isTooHigh(trial) || trial.value >= low.value) {
      [low, high] = trial.value < low.value ? [trial, low] : [low, trial];
      continue;
    }
    if (isFlat(trial)) return trial;
    if (trial.slope * (high.t - low.t) >= 0) high = low;
    low = trial;
  }
  return low;
}

/** (3.59): where the cubic through two values and slopes is least, within bounds; the middle where it is nowhere. */
function cubic(a: Trial, b: Trial, [least, most]: readonly [number, number]): number {
  const [one, two] = a.t <= b.t ? [a, b] : [b, a];
  const middle = (least + most) / 2;
  if (Math.max(one.value, two.value) >= HUGE) return middle;
  const d1 = one.slope + two.slope - (3 * (one.value - two.value)) / (one.t - two.t);
  const square = d1 ** 2 - one.slope * two.slope;
  if (!(square >= 0)) return middle;
  const d2 = Math.sqrt(square);
  const t = two.t - (two.t - one.t) * ((two.slope + d2 - d1) / (two.slope - one.slope + 2 * d2));
  return Number.isFinite(t) ? Math.min(Math.max(t, least), most) : middle;
}
