import { softmaxCrossEntropy } from "./softmaxCrossEntropy.ts";

/** What a batch's loss gives. */
export interface BatchLoss {
  /** [rows] */
  readonly losses: Float64Array;
  readonly mean: number;
  /** Rows whose largest output is the label's; of equal largest ones the first counts. 0 for values. */
  readonly hits: number;
  /** The gradient of the mean, [rows, outputs]. */
  readonly dlogits: Float64Array;
}

/** A loss with its parameters, as a recipe has it. */
export interface LossSetting {
  readonly name: string;
  readonly gamma?: number;
  readonly margin?: number;
}

/** What rows are to be told as: labels [rows], or values [rows, outputs]. */
export type Told = { readonly labels: ArrayLike<number> } | { readonly targets: ArrayLike<number> };

/** One row's loss and its gradient [outputs]. */
type RowLoss = (z: Float64Array, told: { label: number; target: Float64Array }) => [number, Float64Array];

const mse: RowLoss = (z, { target }) => {
  const errors = z.map((value, c) => value - (target[c] as number));
  return [
    errors.reduce((sum, error) => sum + error * error, 0) / z.length,
    errors.map((error) => (2 * error) / z.length),
  ];
};

const hinge =
  (margin: number): RowLoss =>
  (z, { label }) => {
    const costs = z.map((value, c) => (c === label ? 0 : Math.max(0, margin - (z[label] as number) + value)));
    const above = costs.filter((cost) => cost > 0).length;
    const gradient = costs.map((cost, c) => (c === label ? -above : cost > 0 ? 1 : 0) / z.length);
    return [costs.reduce((sum, cost) => sum + cost, 0) / z.length, gradient];
  };

/** With q = 1 - p as the others' sum, and log1p, which keep their digits where p is nearly 1. */
const focal =
  (gamma: number): RowLoss =>
  (z, { label }) => {
    const largest = Math.max(...z);
    const powers = z.map((value) => Math.exp(value - largest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    const q = powers.reduce((sum, power, c) => sum + (c === label ? 0 : power), 0) / total;
    const p = (powers[label] as number) / total;
    const logP = q < 0.5 ? Math.log1p(-q) : (z[label] as number) - largest - Math.log(total);
    const weight = q === 0 ? (gamma === 0 ? 1 : 0) : q ** gamma;
    const slope = q === 0 ? -gamma : (gamma * p * logP) / q;
    const factor = weight * (slope - 1);
    return [-weight * logP, powers.map((power, c) => factor * (c === label ? q : -power / total))];
  };

/**
 * The loss of outputs, its gradient and how many rows are right.
 *
 * @param z [rows, outputs]
 * @param batch what the gradient is divided by: the samples of the whole step, where these rows are a chunk of it
 */
export function batchLoss(
  setting: LossSetting,
  z: Float64Array,
  told: Told,
  outputs: number,
  batch?: number,
): BatchLoss {
  const rows = z.length / outputs;
  const divisor = batch ?? rows;
  if (setting.name === "cross_entropy" && "labels" in told)
    return softmaxCrossEntropy(z, told.labels, outputs, divisor);
  const { gamma = 2, margin = 1 } = setting;
  const ofRow = { mse, hinge: hinge(margin), focal: focal(gamma) }[setting.name];
  if (!ofRow) throw new Error(`no reference for ${setting.name}`);
  const losses = new Float64Array(rows);
  const dlogits = new Float64Array(z.length);
  let hits = 0;
  for (let row = 0; row < rows; row++) {
    const own = z.subarray(row * outputs, (row + 1) * outputs);
    const label = "labels" in told ? (told.labels[row] as number) : -1;
    const toldAs = (c: number) =>
      "labels" in told ? Number(c === label) : (told.targets[row * outputs + c] as number);
    const target = Float64Array.from(own, (_, c) => toldAs(c));
    const [loss, gradient] = ofRow(own, { label, target });
    losses[row] = loss;
    dlogits.set(
      gradient.map((value) => value / divisor),
      row * outputs,
    );
    if (own.indexOf(Math.max(...own)) === label) hits++;
  }
  return { losses, mean: losses.reduce((sum, loss) => sum + loss, 0) / rows, hits, dlogits };
}
