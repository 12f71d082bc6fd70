import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goldenPath, readMnist, readSafetensors } from "../../test/reference/files.ts";
import { permutation } from "../../test/reference/random.ts";
import { normalise, type Work } from "./work.ts";

/** The work, and the files that carry it to other processes. */
export interface Job extends Work {
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
    images: normalise(images),
    labels,
    order,
    init: readSafetensors(initFile),
    initFile,
    orderFile,
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
