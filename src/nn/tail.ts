import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import type { MatrixKernel } from "../gpu/tiling.ts";
import { activationShader, type DenseContext, type DenseLayer, denseShape } from "./dense.ts";

/**
 * The last layer, softmax with cross-entropy and the gradient of the layer's input in one dispatch: what `denseForward`,
 * `lossDispatch` and `denseBackwardInput` do one by one, but for the logits, which it keeps to itself.
 * @param chosen the tiling's kernel
 * @param previous what comes before, whose output is x, by the activation that it ends with
 * @param names the plan's buffers
 * @param tiles rows of the metrics table for each step and member
 */
export function classifierTail(
  chosen: MatrixKernel,
  layer: DenseLayer,
  previous: Pick<DenseLayer, "activation">,
  names: {
    readonly x: string;
    readonly dx: string;
    readonly dz: string;
    readonly labels: string;
    readonly order: string;
  },
  context: DenseContext,
  tiles: number,
): Dispatch {
  return {
    label: `${layer.name} with loss`,
    kernel: defineKernel({
      shader: chosen.shader,
      uses: [
        STEP_SHADER,
        "lib/labels.wgsl",
        "lib/metrics.wgsl",
        activationShader(previous.activation),
        ...(chosen.uses ?? []),
      ],
      constants: chosen.constants,
    }),
    buffers: { ...names, params: "params", metrics: "metrics" },
    shape: { ...denseShape(layer, context), tiles },
    workgroups: [chosen.workgroups[0], chosen.workgroups[1], context.members],
    flops: 4 * context.rows * layer.inputs * layer.outputs,
  };
}
