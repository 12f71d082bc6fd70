import type { Dispatch } from "../../gpu/dispatch.ts";
import { defineKernel } from "../../gpu/kernel.ts";
import { type InitPlace, normal } from "./init.ts";

/** Orthonormal rows of a weight, or columns where they are fewer, times a gain: normal numbers, then Gram-Schmidt. */
export function orthogonal(place: InitPlace, gain: number): readonly Dispatch[] {
  const { tensor, stride, members } = place;
  const { rows, columns, rowStride, offset } = tensor;
  const byRows = rows <= columns;
  return [
    normal(place, 1),
    {
      label: `${tensor.name} start, orthogonal`,
      kernel: defineKernel({ shader: "nn/init/orthogonal.wgsl" }),
      buffers: { params: "params" },
      shape: {
        vectors: byRows ? rows : columns,
        length: byRows ? columns : rows,
        next: byRows ? rowStride : 1,
        along: byRows ? 1 : rowStride,
        offset,
        stride,
        gain,
      },
      workgroups: [1, 1, members],
    },
  ];
}
