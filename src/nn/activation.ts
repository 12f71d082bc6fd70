import { readShader } from "#platform";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { activationShader, type DenseContext } from "./dense.ts";
import { type DropoutLayer, dropoutPart } from "./dropout.ts";

/** An activation: the declaration beside its WGSL file `shaders/nn/activation/NAME.wgsl`, which holds its mathematics. */
export interface Activation {
  readonly name: string;
  /**
   * What its gradient is a function of. From its output: then it is the end of the kernel before, which keeps nothing else.
   * From its input: then it runs by itself, and both are kept.
   */
  readonly gradientOf: "output" | "input";
}

/** Every activation, by rising complexity. */
export const activations: readonly Activation[] = [
  { name: "relu", gradientOf: "output" },
  { name: "leaky_relu", gradientOf: "output" },
  { name: "elu", gradientOf: "output" },
  { name: "selu", gradientOf: "output" },
  { name: "sigmoid", gradientOf: "output" },
  { name: "tanh", gradientOf: "output" },
  { name: "softplus", gradientOf: "output" },
  { name: "silu", gradientOf: "input" },
  { name: "gelu", gradientOf: "input" },
  { name: "gelu_tanh", gradientOf: "input" },
  { name: "mish", gradientOf: "input" },
];

/** Whether an activation's gradient is a function of its output; that of the identity is. */
export function isOfOutput(activation: string): boolean {
  return activations.find(({ name }) => name === activation)?.gradientOf !== "input";
}

/** An activation by itself, with dropout where the network has it: y = activate(x) * dropout. */
export interface ActivateLayer {
  /** `act1` behind `fc1`. */
  readonly name: string;
  readonly width: number;
  readonly activation: string;
  readonly dropout?: DropoutLayer;
}

type Context = Pick<DenseContext, "members" | "capacity" | "rows">;

/**
 * y = activate(x) * dropout
 * @param trains whether values are dropped: in evaluation none are
 */
export function activateForward(
  layer: ActivateLayer,
  names: { readonly x: string; readonly y: string },
  context: Context,
  trains: boolean,
): Dispatch {
  return dispatch(layer, `${layer.name} forward`, "nn/activate.wgsl", names, context, trains);
}

/** dx = dy * dropout * activate'(x) */
export function activateBackward(
  layer: ActivateLayer,
  names: { readonly x: string; readonly dy: string; readonly dx: string },
  context: Context,
): Dispatch {
  const constants = { OF_OUTPUT: isOfOutput(layer.activation) };
  return dispatch(layer, `${layer.name} backward`, "nn/activate_backward.wgsl", names, context, true, constants);
}

function dispatch(
  { activation, width, dropout }: ActivateLayer,
  label: string,
  shader: string,
  names: Dispatch["buffers"],
  { members, capacity, rows }: Context,
  trains: boolean,
  own: Readonly<Record<string, boolean>> = {},
): Dispatch {
  const { uses, constants, buffers } = dropoutPart(trains ? dropout : undefined);
  const n4 = Math.ceil(width / 4);
  return {
    label,
    kernel: defineKernel({
      shader,
      uses: [STEP_SHADER, activationShader(activation), ...uses],
      constants: { ...own, ...constants },
    }),
    buffers: { ...names, ...buffers },
    shape: { n: width, n4, stride: capacity * n4 },
    workgroups: [Math.min(1024, Math.ceil((rows * n4) / 64)), 1, members],
  };
}

/** The WGSL of an activation, whose header says what it is, formula and source. */
export function activationSource(name: string): string {
  return readShader(activationShader(name));
}
