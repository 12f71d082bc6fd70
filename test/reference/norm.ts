/** What normalisation keeps of forward for backward: [rows, columns] and one number for each group that it normalised. */
export interface Normed {
  /** (x - mean) / sqrt(var + eps) * weight + bias */
  readonly y: Float64Array;
  /** (x - mean) / sqrt(var + eps) */
  readonly centered: Float64Array;
  readonly mean: Float64Array;
  /** Biased: divided by the number of values. */
  readonly variance: Float64Array;
}

/** PyTorch's. */
export const EPS = 1e-5;

/** Which values share a mean: those of a column (batch norm) or of a row (layer norm). */
export type Norm = "batch" | "layer";

/**
 * Normalisation over columns or rows.
 *
 * @param x [rows, columns]
 * @param weight [columns]
 * @param bias [columns]
 */
export function normForward(norm: Norm, x: Float64Array, weight: Float64Array, bias: Float64Array): Normed {
  const columns = weight.length;
  const rows = x.length / columns;
  const [groups, size] = norm === "batch" ? [columns, rows] : [rows, columns];
  const groupOf = (i: number) => (norm === "batch" ? i % columns : Math.floor(i / columns));
  const [mean, variance] = [new Float64Array(groups), new Float64Array(groups)];
  x.forEach((value, i) => {
    (mean[groupOf(i)] as number) += value / size;
  });
  x.forEach((value, i) => {
    (variance[groupOf(i)] as number) += (value - (mean[groupOf(i)] as number)) ** 2 / size;
  });
  const centered = x.map(
    (value, i) => (value - (mean[groupOf(i)] as number)) / Math.sqrt((variance[groupOf(i)] as number) + EPS),
  );
  const y = centered.map((value, i) => value * (weight[i % columns] as number) + (bias[i % columns] as number));
  return { y, centered, mean, variance };
}

/**
 * The gradients of x, weight and bias, for dy [rows, columns].
 *
 * dx = (d - mean(d) - centered mean(d centered)) / sqrt(var + eps) with d = dy weight, means over each group
 */
export function normBackward(
  norm: Norm,
  dy: Float64Array,
  { centered, variance }: Normed,
  weight: Float64Array,
): { dx: Float64Array; weight: Float64Array; bias: Float64Array } {
  const columns = weight.length;
  const rows = dy.length / columns;
  const [groups, size] = norm === "batch" ? [columns, rows] : [rows, columns];
  const groupOf = (i: number) => (norm === "batch" ? i % columns : Math.floor(i / columns));
  const d = dy.map((value, i) => value * (weight[i % columns] as number));
  const [meanD, meanProduct] = [new Float64Array(groups), new Float64Array(groups)];
  const [dweight, dbias] = [new Float64Array(columns), new Float64Array(columns)];
  dy.forEach((value, i) => {
    const c = centered[i] as number;
    (dbias[i % columns] as number) += value;
    (dweight[i % columns] as number) += value * c;
    (meanD[groupOf(i)] as number) += (d[i] as number) / size;
    (meanProduct[groupOf(i)] as number) += ((d[i] as number) * c) / size;
  });
  const dx = d.map((value, i) => {
    const g = groupOf(i);
    const rest = value - (meanD[g] as number) - (centered[i] as number) * (meanProduct[g] as number);
    return rest / Math.sqrt((variance[g] as number) + EPS);
  });
  return { dx, weight: dweight, bias: dbias };
}
