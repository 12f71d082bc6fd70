import { subgroupTiling } from "./subgroupTiling.ts";
import type { TilingChoice } from "./tilingChoice.ts";

/** A product of matrices that a kernel is chosen for: y [rows, n] = x [rows, k] w^T, w [n, k]. */
export interface MatrixSize {
  readonly k: number;
  readonly n: number;
  readonly rows: number;
  /** Whether x lies in floats, or in the data set's bytes. */
  readonly input: "f32" | "u8";
  /** Whether its step takes several chunks, so that the weight gradient must add to what is there. */
  readonly accumulates: boolean;
}

/** Which shader computes it, with which tile, in how many workgroups (x and y; z is the population). */
export interface MatrixKernel {
  readonly shader: string;
  /** Library files that it needs beside step, shape, input and activation. */
  readonly uses?: readonly string[];
  readonly constants: Readonly<Record<string, number | boolean>>;
  readonly workgroups: readonly [number, number];
}

/**
 * The choice of matrix kernels for an adapter. It depends on the adapter and on shapes, never on the population, so that
 * a member keeps the bits of the same recipe trained alone.
 */
export interface Tiling {
  readonly name: string;
  /** Whether the first layer gathers and normalises bytes in its loads; else a gather kernel writes floats first. */
  readonly fusesGather: boolean;
  /** Whether the optimizer's step is taken at the end of the weight gradient's kernel, where a step needs no more than that. */
  readonly fusesUpdate: boolean;
  /** Groups of four parameters that a thread of the optimizer's update goes through, one after the other. */
  readonly updateQuads: number;
  forward(size: MatrixSize): MatrixKernel;
  backwardInput(size: MatrixSize): MatrixKernel;
  backwardWeights(size: MatrixSize): MatrixKernel;
  /**
   * A kernel for a classifier's last layer with its loss and the gradient of its input, where one pays; undefined where they
   * run one by one. Each of its workgroups along y has its own row of the metrics table.
   */
  tail?(size: MatrixSize): MatrixKernel | undefined;
  /** Where several families make it up: which of them takes what. */
  readonly choice?: TilingChoice;
  /** What a person should know of how it came about. */
  readonly note?: string;
}

/** One workgroup of 8 x 8 threads computes 8 rows of 32 columns. */
const plainGroups = (columns: number, rows: number) => [Math.ceil(columns / 32), Math.ceil(rows / 8)] as const;

/** Portable kernels for any adapter: four adjacent outputs a thread. */
export const plainTiling: Tiling = {
  name: "plain",
  fusesGather: false,
  fusesUpdate: false,
  updateQuads: 1,
  forward: ({ n, rows }) => ({ shader: "nn/dense_forward.wgsl", constants: {}, workgroups: plainGroups(n, rows) }),
  backwardInput: ({ k, rows }) => ({
    shader: "nn/dense_backward_input.wgsl",
    constants: {},
    workgroups: plainGroups(k, rows),
  }),
  // One more quad of columns holds the bias.
  backwardWeights: ({ k, n }) => ({
    shader: "nn/dense_backward_weights.wgsl",
    constants: {},
    workgroups: plainGroups(k + 4, Math.ceil(n / 4) * 4),
  }),
};

/** What the choice of kernels goes by. */
export interface TilingAdapter {
  readonly adapter: { readonly kind: "hardware" | "software" };
  /** Lanes of a subgroup, where that is one fixed number and the device has the feature. */
  readonly subgroupSize?: number;
}

/** The matrix kernels for a device: register tiles over subgroups on the CPU, the portable ones elsewhere. */
export function chooseTiling({ adapter, subgroupSize }: TilingAdapter): Tiling {
  const isWide = subgroupSize !== undefined && subgroupSize >= 4;
  return adapter.kind === "software" && isWide ? subgroupTiling(subgroupSize) : plainTiling;
}
