import type { Arena } from "../nn/tensors.ts";
import type { Hyper, Optimizer } from "./optimizer.ts";
import { extraArena } from "./update.ts";

/** What a member's part of the buffer `extra` starts as: f32 [stride of `extraArena`], pads 0. */
export function extraStart(optimizer: Optimizer, hyper: Hyper, arena: Arena): Float32Array<ArrayBuffer> {
  const { tensors, stride } = extraArena(optimizer, hyper, arena);
  const part = new Float32Array(stride);
  for (const [i, { fill = 0, start }] of (optimizer.extra?.(hyper, arena) ?? []).entries()) {
    const { offset, rows, columns, rowStride } = tensors[i] as Arena["tensors"][number];
    for (let row = 0; row < rows; row++) {
      const at = offset + row * rowStride;
      part.fill(fill, at, at + columns);
      if (start === "identity") part[at + row] = 1;
    }
  }
  return part;
}
