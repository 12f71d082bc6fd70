/** The course of a run: losses and rates by step, in buckets that double in size when there are too many. Pure data. */

/** What curves are drawn against. */
export const AXES = ["steps", "epochs", "seconds"] as const;
export type Axis = (typeof AXES)[number];

/** Steps that are drawn as one point. */
interface Bucket {
  /** The last step in it, from 1, and the seconds of training up to there. */
  step: number;
  seconds: number;
  count: number;
  /** Mean over its steps and over members; of the lowest member and of the highest. */
  loss: number;
  least: number;
  most: number;
  rate: number;
}

/** An evaluation of all members on the test set. */
export interface EvaluationPoint {
  readonly step: number;
  readonly seconds: number;
  readonly losses: readonly number[];
  readonly accuracies: readonly number[];
}

/** Points of a curve with the lowest and the highest member's. */
export interface Curve {
  readonly x: number[];
  readonly y: number[];
  readonly least: number[];
  readonly most: number[];
}

export interface History {
  readonly step: number;
  readonly seconds: number;
  readonly evaluations: readonly EvaluationPoint[];
  /** Losses [steps, members] from step `first` on, which took `seconds` together. */
  add(first: number, losses: ArrayLike<number>, rates: ArrayLike<number>, seconds: number): void;
  evaluate(step: number, losses: readonly number[], accuracies: readonly number[]): void;
  /** Forgets what came after a step: a run went back to a checkpoint. */
  cut(step: number): void;
  /**
   * The training loss.
   * @param smoothing steps that it is averaged over, exponentially; 0 for none
   */
  losses(axis: Axis, stepsPerEpoch: number, smoothing: number): Curve;
  rates(axis: Axis, stepsPerEpoch: number): Curve;
  accuracies(axis: Axis, stepsPerEpoch: number): Curve;
  testLosses(axis: Axis, stepsPerEpoch: number): Curve;
}

/** More points than a chart has pixels show nothing. */
const MOST_BUCKETS = 800;

export function createHistory(members: number): History {
  let buckets: Bucket[] = [];
  let evaluations: EvaluationPoint[] = [];
  let size = 1;
  let [step, seconds] = [0, 0];

  const place = (point: { step: number; seconds: number }, axis: Axis, stepsPerEpoch: number) =>
    axis === "steps" ? point.step : axis === "epochs" ? point.step / stepsPerEpoch : point.seconds;
  const append = (one: Bucket) => {
    const last = buckets.at(-1);
    if (!last || last.count >= size) buckets.push(one);
    else buckets[buckets.length - 1] = merge(last, one);
    if (buckets.length <= MOST_BUCKETS) return;
    size *= 2;
    buckets = buckets.flatMap((bucket, i) => {
      const next = buckets[i + 1];
      return i % 2 === 1 ? [] : [next ? merge(bucket, next) : bucket];
    });
  };
  const evaluated = (axis: Axis, stepsPerEpoch: number, values: (point: EvaluationPoint) => readonly number[]) => ({
    x: evaluations.map((point) => place(point, axis, stepsPerEpoch)),
    y: evaluations.map((point) => mean(values(point))),
    least: evaluations.map((point) => Math.min(...values(point))),
    most: evaluations.map((point) => Math.max(...values(point))),
  });
  return {
    get step() {
      return step;
    },
    get seconds() {
      return seconds;
    },
    get evaluations() {
      return evaluations;
    },
    add(first, losses, rates, spent) {
      const count = rates.length;
      for (let i = 0; i < count; i++) {
        const own = Array.from({ length: members }, (_, m) => losses[i * members + m] ?? Number.NaN);
        const at = seconds + (spent * (i + 1)) / count;
        const range = { loss: mean(own), least: Math.min(...own), most: Math.max(...own) };
        append({ step: first + i, seconds: at, count: 1, ...range, rate: rates[i] ?? 0 });
      }
      step = first + count - 1;
      seconds += spent;
    },
    evaluate(at, losses, accuracies) {
      if (evaluations.at(-1)?.step === at) evaluations.pop();
      evaluations.push({ step: at, seconds, losses, accuracies });
    },
    cut(at) {
      buckets = buckets.filter((bucket) => bucket.step <= at);
      evaluations = evaluations.filter((evaluation) => evaluation.step <= at);
      step = at;
      seconds = at === 0 ? 0 : Math.max(0, ...buckets.map((bucket) => bucket.seconds));
    },
    losses(axis, stepsPerEpoch, smoothing) {
      const names = ["loss", "least", "most"] as const;
      const [y, least, most] = names.map((name) => smooth(buckets, (bucket) => bucket[name], smoothing));
      const x = buckets.map((bucket) => place(bucket, axis, stepsPerEpoch));
      return { x, y: y ?? [], least: least ?? [], most: most ?? [] };
    },
    rates(axis, stepsPerEpoch) {
      const y = buckets.map(({ rate }) => rate);
      return { x: buckets.map((bucket) => place(bucket, axis, stepsPerEpoch)), y, least: y, most: y };
    },
    accuracies: (axis, stepsPerEpoch) => evaluated(axis, stepsPerEpoch, ({ accuracies }) => accuracies),
    testLosses: (axis, stepsPerEpoch) => evaluated(axis, stepsPerEpoch, ({ losses }) => losses),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function merge(a: Bucket, b: Bucket): Bucket {
  const count = a.count + b.count;
  const mix = (x: number, y: number) => (x * a.count + y * b.count) / count;
  const means = { loss: mix(a.loss, b.loss), least: mix(a.least, b.least), most: mix(a.most, b.most) };
  return { step: b.step, seconds: b.seconds, count, ...means, rate: b.rate };
}

/** An exponential average, freed of its start; a value that is no number leaves a gap and is passed over. */
function smooth(buckets: readonly Bucket[], pick: (bucket: Bucket) => number, steps: number): number[] {
  if (steps === 0) return buckets.map(pick);
  let [sum, weight] = [0, 0];
  return buckets.map((bucket) => {
    const value = pick(bucket);
    if (!Number.isFinite(value)) return value;
    const keep = Math.exp(-bucket.count / steps);
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}
