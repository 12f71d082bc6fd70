// Figures of a classifier from what it predicts, sample by sample, in f64.

/** counts[label][predicted] */
export type Confusion = readonly (readonly number[])[];

/** How often samples of each class were taken for each class. */
export function confusionOf(labels: ArrayLike<number>, winners: ArrayLike<number>, classes: number): Confusion {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let sample = 0; sample < labels.length; sample++) {
    const row = counts[labels[sample] as number] as number[];
    const predicted = winners[sample] as number;
    row[predicted] = (row[predicted] ?? 0) + 1;
  }
  return counts;
}

/** What a confusion matrix says of one class. A share of nothing is NaN. */
export interface ClassFigures {
  /** Samples of the class. */
  readonly support: number;
  /** Share of the samples taken for the class that are of it. */
  readonly precision: number;
  /** Share of the class's samples that were taken for it. */
  readonly recall: number;
  /** Harmonic mean of both: 2 hits / (predicted + support). */
  readonly f1: number;
}

export function classFigures(confusion: Confusion): ClassFigures[] {
  return confusion.map((row, label) => {
    const hits = row[label] as number;
    const support = row.reduce((sum, count) => sum + count, 0);
    const predicted = confusion.reduce((sum, other) => sum + (other[label] as number), 0);
    return { support, precision: hits / predicted, recall: hits / support, f1: (2 * hits) / (predicted + support) };
  });
}

/** One of the equal parts of the range of confidence 0..1. */
export interface CalibrationBin {
  readonly count: number;
  /** Means over its samples; NaN where it has none. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** Bins of the usual calibration error. */
export const CALIBRATION_BINS = 15;

/**
 * Sorts samples by the confidence of their prediction into bins (i / bins, (i + 1) / bins].
 * @param hits whether each prediction is right
 */
export function calibrationBins(
  confidences: ArrayLike<number>,
  hits: readonly boolean[],
  bins = CALIBRATION_BINS,
): CalibrationBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, hits: 0 }));
  for (let sample = 0; sample < confidences.length; sample++) {
    const confidence = confidences[sample] as number;
    const at = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
    // A confidence that is no number has no bin.
    const bin = sums[at];
    if (!bin) continue;
    bin.count++;
    bin.confidence += confidence;
    bin.hits += hits[sample] ? 1 : 0;
  }
  return sums.map(({ count, confidence, hits }) => ({ count, confidence: confidence / count, accuracy: hits / count }));
}

/**
 * Expected calibration error: how far confidence and accuracy of a bin are apart, mean over the samples.
 * Source: Guo et al. 2017, "On Calibration of Modern Neural Networks"
 */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  const filled = bins.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  return filled.reduce(
    (sum, { count, confidence, accuracy }) => sum + (count / total) * Math.abs(confidence - accuracy),
    0,
  );
}
