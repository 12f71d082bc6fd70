import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import type { DenseContext } from "./dense.ts";
import type { Tensor } from "./tensors.ts";

/** What batch norm and layer norm share: y = activate((x - mean) / sqrt(var + eps) * weight + bias), x [rows, width]. */
export interface NormLayer {
  readonly kind: "batch" | "layer";
  /** `bn1` or `ln1` behind `fc1`. */
  readonly name: string;
  readonly width: number;
  readonly activation: string;
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** Batch norm alone: places in the arena of running statistics, and that arena's stride. */
  readonly running?: { readonly mean: Tensor; readonly variance: Tensor; readonly stride: number };
}

/** The columns of a workgroup, in vec4s: `QUADS` of nn/norm/columns.wgsl. */
const QUADS = 4;
/** The rows of a workgroup: `ROWS` of nn/norm/rows.wgsl. */
const ROWS = 4;
/** PyTorch's. */
const EPS = 1e-5;
const MOMENTUM = 0.1;

/** What a normalisation kernel's workgroups cover. */
const GROUPS = {
  columns: (n4: number) => Math.ceil(n4 / QUADS),
  rows: (_: number, rows: number) => Math.ceil(rows / ROWS),
  elements: (n4: number, rows: number) => Math.min(1024, Math.ceil((n4 * rows) / 64)),
} as const;

/** A dispatch of one of the kernels in shaders/nn/norm/. */
export function normDispatch(
  layer: NormLayer,
  what: string,
  kernel: {
    readonly shader: string;
    readonly uses: readonly string[];
    readonly constants?: Dispatch["kernel"]["constants"];
  },
  buffers: Dispatch["buffers"],
  { members, capacity, rows, stride }: Pick<DenseContext, "members" | "capacity" | "rows" | "stride">,
  groups: keyof typeof GROUPS,
): Dispatch {
  const { width, weight, bias, running } = layer;
  const n4 = Math.ceil(width / 4);
  const frame = groups === "elements" ? [] : [`nn/norm/${groups}.wgsl`];
  return {
    label: `${layer.name} ${what}`,
    kernel: defineKernel({
      shader: `nn/norm/${kernel.shader}.wgsl`,
      uses: [STEP_SHADER, "nn/norm/shape.wgsl", ...frame, ...kernel.uses],
      constants: kernel.constants ?? {},
    }),
    buffers,
    // Strides and offsets count vec4s.
    shape: {
      n: width,
      n4,
      stride: capacity * n4,
      weight: weight.offset / 4,
      bias: bias.offset / 4,
      params_stride: stride / 4,
      running_mean: (running?.mean.offset ?? 0) / 4,
      running_var: (running?.variance.offset ?? 0) / 4,
      running_stride: (running?.stride ?? 0) / 4,
      capacity,
      eps: EPS,
      momentum: MOMENTUM,
    },
    workgroups: [GROUPS[groups](n4, rows), 1, members],
  };
}
