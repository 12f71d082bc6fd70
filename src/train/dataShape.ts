import type { Table } from "../data/table.ts";
import type { Targets } from "../nn/loss/loss.ts";

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
  /** Outputs of the network: classes, or with `targets` "values" how many those are. */
  readonly classes: number;
  /** What a sample is to be told as; classes unless given. */
  readonly targets?: Targets;
  /** How samples are stored; as u8 unless given. */
  readonly features?: "f32";
  /** What the columns of a table are. */
  readonly table?: Table;
}

/** Training samples that batch norm's statistics of averaged weights are taken from: as many as MNIST's test set. */
const STATISTICS_SAMPLES = 10_000;

/** How many that are, in batches of `rows`: whole ones, spread over the training set. */
export function statisticsCount({ trainCount }: DataShape, rows: number): number {
  const batch = Math.min(rows, trainCount);
  return Math.max(1, Math.floor(Math.min(STATISTICS_SAMPLES, trainCount) / batch)) * batch;
}

/** Samples of the larger of the sets that are evaluated. */
export const evaluationCount = ({ testCount, validationCount = 0 }: DataShape): number =>
  Math.max(testCount, validationCount);

/** vec4s of a row of floats. */
export const quadsOf = (columns: number): number => Math.ceil(columns / 4);
