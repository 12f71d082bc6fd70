import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import type { MatrixKernel, MatrixSize, Tiling } from "../gpu/tiling.ts";
import type { Tensor } from "./tensors.ts";

/** A fully connected layer y = activate(x w^T + bias), x [rows, inputs], y [rows, outputs]. */
export interface DenseLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: string;
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Where a layer's input comes from. */
export type DenseInput =
  /** The activations of the layer before: a plan's buffer [P, capacity, ceil4(inputs)]. */
  | { readonly kind: "f32"; readonly x: string }
  /** The data set's bytes, gathered by `order` and normalised as byte * scale + shift in the kernels' loads. */
  | {
      readonly kind: "u8";
      readonly images: string;
      readonly order: string;
      readonly scale: number;
      readonly shift: number;
    };

/** What the dispatches of all layers of a network share. */
export interface DenseContext {
  readonly tiling: Tiling;
  readonly members: number;
  /** Rows that a member's part of an activation buffer holds. */
  readonly capacity: number;
  /** Rows that a dispatch covers: at most `capacity`. */
  readonly rows: number;
  /** Whether a step takes several such dispatches, whose weight gradients add up. */
  readonly accumulates: boolean;
  /** Floats from one member's part of the parameter arena to the next. */
  readonly stride: number;
}

/** y = activate(x w^T + bias) */
export function denseForward(layer: DenseLayer, input: DenseInput, y: string, context: DenseContext): Dispatch {
  const chosen = context.tiling.forward(sizeOf(layer, input.kind, context));
  const uses = [inputShader(input), activationShader(layer.activation)];
  return dispatch(`${layer.name} forward`, chosen, uses, layer, input, context, {
    ...inputBuffers(input),
    params: "params",
    y,
  });
}

/**
 * dx = (dy w) * activation_gradient(x), the gradient of the sum that the layer before put through its activation.
 * @param previous what comes before, whose output is x, by the activation that it ends with
 */
export function denseBackwardInput(
  layer: DenseLayer,
  previous: Pick<DenseLayer, "activation">,
  names: { readonly x: string; readonly dx: string; readonly dy: string },
  context: DenseContext,
): Dispatch {
  const chosen = context.tiling.backwardInput(sizeOf(layer, "f32", context));
  const uses = [activationShader(previous.activation)];
  return dispatch(`${layer.name} backward input`, chosen, uses, layer, undefined, context, {
    dy: names.dy,
    y: names.x,
    params: "params",
    dx: names.dx,
  });
}

/** What becomes of a gradient at the end of the kernel that computes it. */
export interface Epilogue {
  /** What it adds to the kernel's name in lists. */
  readonly label?: string;
  /** Library files with `row_of` and `take_gradient`. */
  readonly uses: readonly string[];
  readonly constants: MatrixKernel["constants"];
  /** The plan's buffers for their bindings. */
  readonly buffers: Dispatch["buffers"];
}

/** Gradients go to the arena `grads`, where those of a step's chunks add up. */
export function keepGradient({ accumulates }: Pick<DenseContext, "accumulates">): Epilogue {
  return { uses: ["nn/keep_gradient.wgsl"], constants: { ACCUMULATE: accumulates }, buffers: { grads: "grads" } };
}

/**
 * dw = dy^T x and dbias = the column sums of dy.
 * @param epilogue what becomes of them: they go to the arena `grads` unless said
 */
export function denseBackwardWeights(
  layer: DenseLayer,
  input: DenseInput,
  dy: string,
  context: DenseContext,
  epilogue = keepGradient(context),
): Dispatch {
  const chosen = context.tiling.backwardWeights(sizeOf(layer, input.kind, context));
  const uses = [inputShader(input), ...epilogue.uses];
  const constants = { ...chosen.constants, ...epilogue.constants };
  return dispatch(
    `${layer.name} backward weights${epilogue.label ?? ""}`,
    { ...chosen, constants },
    uses,
    layer,
    input,
    context,
    {
      ...inputBuffers(input),
      dy,
      ...epilogue.buffers,
    },
  );
}

function sizeOf(layer: DenseLayer, input: "f32" | "u8", { rows, accumulates }: DenseContext): MatrixSize {
  return { k: layer.inputs, n: layer.outputs, rows, input, accumulates };
}

/** Sizes, offsets and strides of a layer at work, as its kernels read them. Strides and offsets count vec4s. */
export function denseShape(
  { inputs: k, outputs: n, weight, bias }: DenseLayer,
  { capacity, stride }: Pick<DenseContext, "capacity" | "stride">,
) {
  const [k4, n4] = [Math.ceil(k / 4), Math.ceil(n / 4)];
  return {
    k,
    k4,
    n,
    n4,
    weight: weight.offset / 4,
    bias: bias.offset / 4,
    params_stride: stride / 4,
    x_stride: capacity * k4,
    y_stride: capacity * n4,
  };
}

function dispatch(
  label: string,
  chosen: MatrixKernel,
  uses: readonly string[],
  layer: DenseLayer,
  input: DenseInput | undefined,
  context: DenseContext,
  buffers: Dispatch["buffers"],
): Dispatch {
  return {
    label,
    kernel: defineKernel({
      shader: chosen.shader,
      uses: [STEP_SHADER, "nn/dense_shape.wgsl", ...uses, ...(chosen.uses ?? [])],
      constants: chosen.constants,
    }),
    buffers,
    shape: {
      ...denseShape(layer, context),
      scale: input?.kind === "u8" ? input.scale : 1,
      shift: input?.kind === "u8" ? input.shift : 0,
    },
    workgroups: [chosen.workgroups[0], chosen.workgroups[1], context.members],
    flops: 2 * context.rows * layer.inputs * layer.outputs,
  };
}

const inputShader = (input: DenseInput) => (input.kind === "u8" ? "lib/input_u8.wgsl" : "lib/input_f32.wgsl");
/** The file that holds an activation. */
export const activationShader = (name: string) => `nn/activation/${name}.wgsl`;

function inputBuffers(input: DenseInput): Record<string, string> {
  return input.kind === "u8" ? { images: input.images, order: input.order } : { x: input.x };
}
