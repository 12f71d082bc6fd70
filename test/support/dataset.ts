import type { Dataset, Split } from "../../src/data/dataset.ts";
import { integers } from "../reference/random.ts";

/** How large a data set of random images in 10 classes is. */
export interface DatasetSize {
  readonly train: number;
  readonly test: number;
  readonly width?: number;
  readonly height?: number;
}

/** Random images and labels. Where an image's bytes are no multiple of 4, the bytes behind it are random too. */
export function syntheticDataset({ train, test, width = 28, height = 28 }: DatasetSize): Dataset {
  const rowBytes = Math.ceil((width * height) / 4) * 4;
  const split = (count: number, seed: number): Split => ({
    images: Uint8Array.from(integers(count * rowBytes, seed, 256)),
    labels: Uint8Array.from(integers(count, seed + 1, 10)),
    count,
    width,
    height,
    rowBytes,
    classes: 10,
  });
  return { name: "synthetic", train: split(train, 1), test: split(test, 3) };
}

/** The samples `order` of a split as a batch for the reference: pixels normalised to -1..1 in f64, and labels. */
export function batchOf({ images, labels, width, height, rowBytes }: Split, order: ArrayLike<number>) {
  const inputs = width * height;
  const x = new Float64Array(order.length * inputs);
  for (let row = 0; row < order.length; row++) {
    const at = (order[row] as number) * rowBytes;
    for (let i = 0; i < inputs; i++) x[row * inputs + i] = ((images[at + i] as number) / 255 - 0.5) / 0.5;
  }
  return { x, labels: Uint8Array.from(order, (sample) => labels[sample] as number) };
}
