/** What a plan needs to know of a data set: its shapes. */
export interface DataShape {
  readonly trainCount: number;
  readonly testCount: number;
  /** Samples that are held out of the training set, and not counted in it. */
  readonly validationCount?: number;
  /** Values of a sample: width * height. */
  readonly inputs: number;
  /** Pixels of an image along x, where samples are images. */
  readonly width?: number;
  /** Bytes from one image to the next, a multiple of 4. */
  readonly rowBytes: number;
  readonly classes: number;
}

/** Samples of the larger of the sets that are evaluated. */
export const evaluationCount = ({ testCount, validationCount = 0 }: DataShape): number =>
  Math.max(testCount, validationCount);
