import type { Tensor } from "../../test/reference/files.ts";

/** What every peer trains, in Node and in the page: the 784-128-64-10 ReLU network on MNIST with Adam at 1e-3. */
export interface Work {
  readonly sizes: readonly number[];
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** Steps of a run. */
  readonly steps: number;
  readonly lr: number;
  /** [60000, 784] pixels, normalised to -1 ... 1. */
  readonly images: Float32Array;
  /** [60000] */
  readonly labels: Uint8Array;
  /** Sample indices, batch after batch, a fresh permutation each epoch. */
  readonly order: Uint32Array;
  /** The start: fc1.weight [128, 784], fc1.bias [128] and so on. */
  readonly init: Readonly<Record<string, Tensor>>;
}

/** What describes the work beside its data. */
export type Settings = Pick<Work, "sizes" | "batchSize" | "stepsPerEpoch" | "steps" | "lr">;

/** Bytes to -1 ... 1, as all peers see them. */
export function normalise(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (pixel) => (pixel / 255 - 0.5) / 0.5);
}

/** A batch for libraries that take it from the host. */
export interface Batch {
  /** [batchSize, 784] */
  readonly x: Float32Array;
  /** [batchSize, 10], one-hot */
  readonly y: Float32Array;
  /** Fills both with the samples of a step, counted from 0. */
  gather(step: number): void;
}

/** The arrays of a batch, filled anew at each step: uploading copies them. */
export function createBatch({ sizes, batchSize, images, labels, order }: Work): Batch {
  const [pixels, classes] = [sizes[0] as number, sizes.at(-1) as number];
  const x = new Float32Array(batchSize * pixels);
  const y = new Float32Array(batchSize * classes);
  return {
    x,
    y,
    gather(step) {
      y.fill(0);
      for (let row = 0; row < batchSize; row++) {
        const sample = order[step * batchSize + row] as number;
        x.set(images.subarray(sample * pixels, (sample + 1) * pixels), row * pixels);
        y[row * classes + (labels[sample] as number)] = 1;
      }
    },
  };
}

/** Weight [outputs, inputs] and bias of each layer at the start. */
export function startOf({ sizes, init }: Work): { weight: Tensor; bias: Tensor }[] {
  return sizes.slice(1).map((_, l) => {
    const [weight, bias] = [init[`fc${l + 1}.weight`], init[`fc${l + 1}.bias`]];
    if (!weight || !bias) throw new Error(`The start has no fc${l + 1}.`);
    return { weight, bias };
  });
}
