import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goldenPath, readMnist, readSafetensors, type Tensor } from "../../test/reference/files.ts";
import { permutation } from "../../test/reference/random.ts";

/** What every peer trains: the 784-128-64-10 ReLU network on MNIST with Adam at 1e-3. */
export interface Job {
  readonly sizes: readonly number[];
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
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
  /** `init` as a safetensors file. */
  readonly initFile: string;
  /** `order` as a file of little-endian u32. */
  readonly orderFile: string;
  /** A temporary folder, removed by `remove`. */
  readonly folder: string;
  remove(): void;
}

/** Prepares the data once for all peers. `steps` wins over `epochs`. */
export function createJob({ epochs, steps }: { epochs: number; steps?: number | undefined }): Job {
  const { images, labels } = readMnist("train");
  const [batchSize, samples] = [100, labels.length];
  const stepsPerEpoch = samples / batchSize;
  const total = steps ?? epochs * stepsPerEpoch;

  const order = new Uint32Array(Math.ceil(total / stepsPerEpoch) * samples);
  for (let epoch = 0; epoch * samples < order.length; epoch++) order.set(permutation(samples, epoch), epoch * samples);
  const folder = mkdtempSync(join(tmpdir(), "downhill-peers-"));
  const orderFile = join(folder, "order.u32");
  writeFileSync(orderFile, order);

  const initFile = goldenPath("mlp/init.safetensors");
  return {
    sizes: [784, 128, 64, 10],
    batchSize,
    stepsPerEpoch,
    steps: total,
    lr: 1e-3,
    images: Float32Array.from(images, (pixel) => (pixel / 255 - 0.5) / 0.5),
    labels,
    order,
    init: readSafetensors(initFile),
    initFile,
    orderFile,
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
