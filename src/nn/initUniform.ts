import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel } from "../gpu/kernel.ts";
import type { Mlp } from "./mlp.ts";

/**
 * PyTorch's default start of `Linear`: weights and biases uniform in +-1 / sqrt(inputs), each member from its own seed.
 */
export function initUniform({ layers, arena }: Mlp, members: number): Dispatch[] {
  return layers.flatMap(({ inputs, weight, bias }) =>
    [weight, bias].map(
      (tensor): Dispatch => ({
        label: `${tensor.name} start`,
        kernel: defineKernel({ shader: "nn/init/uniform.wgsl", uses: ["lib/random.wgsl"] }),
        buffers: { seeds: "seeds", params: "params" },
        shape: {
          rows: tensor.rows,
          columns: tensor.columns,
          row_stride: tensor.rowStride,
          offset: tensor.offset,
          stride: arena.stride,
          tensor: arena.tensors.indexOf(tensor),
          bound: 1 / Math.sqrt(inputs),
        },
        workgroups: [Math.min(1024, Math.ceil((tensor.rows * tensor.columns) / 64)), 1, members],
      }),
    ),
  );
}
