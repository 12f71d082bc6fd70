/** A product of matrices that a kernel is chosen for: y [rows, n] = x [rows, k] w^T, w [n, k]. */
export interface MatrixSize {
  readonly k: number;
  readonly n: number;
  readonly rows: number;
  /** Whether x lies in floats, or in the data set's bytes. */
  readonly input: "f32" | "u8";
}

/** Which shader computes it, with which tile, in how many workgroups (x and y; z is the population). */
export interface MatrixKernel {
  readonly shader: string;
  readonly constants: Readonly<Record<string, number>>;
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
  forward(size: MatrixSize): MatrixKernel;
  backwardInput(size: MatrixSize): MatrixKernel;
  backwardWeights(size: MatrixSize): MatrixKernel;
}

/** One workgroup of 8 x 8 threads computes 8 rows of 32 columns. */
const plainGroups = (columns: number, rows: number) => [Math.ceil(columns / 32), Math.ceil(rows / 8)] as const;

/** Portable kernels for any adapter: four adjacent outputs a thread. */
export const plainTiling: Tiling = {
  name: "plain",
  fusesGather: false,
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

/** The matrix kernels for an adapter. */
export function chooseTiling(_adapter: { readonly name: string }): Tiling {
  return plainTiling;
}

/** The kernels for software adapters that this adapter can run: a test runs them all. */
export function subgroupTilings(_adapter: { readonly name: string }): readonly Tiling[] {
  return [];
}
