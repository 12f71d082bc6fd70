/** What a batch's loss gives: [rows] losses, their mean, how many rows are right, and the gradient of the mean. */
export interface SoftmaxCrossEntropy {
  /** -log softmax(z)[label] of each row, [rows]. */
  readonly losses: Float64Array;
  /** The mean of `losses`. */
  readonly mean: number;
  /** Rows whose largest logit is the label's; of equal largest logits the first counts. */
  readonly hits: number;
  /** (softmax(z) - one-hot(label)) / batch, [rows, classes]. */
  readonly dlogits: Float64Array;
}

/**
 * Softmax and cross-entropy in one, stable: with m = max(z), loss = log(sum_j exp(z_j - m)) - (z_label - m).
 *
 * @param logits [rows, classes]
 * @param labels [rows], 0 ... classes - 1
 * @param smoothing share s of label smoothing: the target is (1 - s) one-hot(label) + s / classes
 * @param batch what `dlogits` is divided by: the samples of the whole step, where these rows are a chunk of it
 */
export function softmaxCrossEntropy(
  logits: Float64Array,
  labels: ArrayLike<number>,
  classes: number,
  batch = labels.length,
  smoothing = 0,
): SoftmaxCrossEntropy {
  const rows = labels.length;
  const losses = new Float64Array(rows);
  const dlogits = new Float64Array(rows * classes);
  let hits = 0;
  for (let r = 0; r < rows; r++) {
    const z = logits.subarray(r * classes, (r + 1) * classes);
    const label = labels[r] as number;
    const max = Math.max(...z);
    let sum = 0;
    for (const value of z) sum += Math.exp(value - max);
    const mean = z.reduce((total, value) => total + (value - max) / classes, 0);
    losses[r] = Math.log(sum) - (1 - smoothing) * ((z[label] as number) - max) - smoothing * mean;
    if (z.indexOf(max) === label) hits++;
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp((z[c] as number) - max) / sum;
      dlogits[r * classes + c] = (probability - (c === label ? 1 - smoothing : 0) - smoothing / classes) / batch;
    }
  }
  return { losses, mean: losses.reduce((total, loss) => total + loss, 0) / rows, hits, dlogits };
}
