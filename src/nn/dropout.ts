import type { Dispatch } from "../gpu/dispatch.ts";
import type { Kernel } from "../gpu/kernel.ts";
import { MEMBER_BUFFER, MEMBER_SHADER } from "./member.ts";

/** Dropout behind one of a network's activations. Its rate is a member's own. */
export interface DropoutLayer {
  /** Which of the network's dropouts it is, 0..2^24-1, so that no two share their masks. */
  readonly index: number;
}

/** What a kernel needs to multiply by dropout's mask: files, constants and buffers. Without a layer nothing is dropped. */
export function dropoutPart(
  layer: DropoutLayer | undefined,
): Pick<Kernel, "uses" | "constants"> & Pick<Dispatch, "buffers"> {
  if (!layer) return { uses: ["nn/no_dropout.wgsl"], constants: {}, buffers: {} };
  return {
    uses: ["lib/random.wgsl", MEMBER_SHADER, "nn/dropout.wgsl"],
    constants: { LAYER: layer.index },
    buffers: { order: "order", [MEMBER_BUFFER]: MEMBER_BUFFER },
  };
}
