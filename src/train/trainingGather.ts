import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { MEMBER_STEP_BUFFER, MEMBER_STEP_SHADER } from "../nn/member.ts";
import { type AugmentSize, augmentedGather } from "./augmentation.ts";
import { type DataShape, quadsOf } from "./dataShape.ts";
import type { Member } from "./members.ts";
import { gatherDispatch } from "./network.ts";

/** What the gather of training samples is made for. */
interface GatherSize extends AugmentSize {
  readonly members: readonly Pick<Member, "augment" | "mixup">[];
}

/**
 * Writes a chunk's training samples as floats to the buffer `x`, where a recipe changes or mixes them; else undefined.
 * @throws RecipeError where they cannot be changed so
 */
export function trainingGather(data: DataShape, size: GatherSize): readonly Dispatch[] | undefined {
  const { members, capacity, rows } = size;
  const augmented = augmentedGather(data, size);
  if (!members[0]?.mixup) return augmented && [augmented];
  const plain = { members: members.length, capacity, rows };
  return [augmented ?? gatherDispatch("train", data, plain), mixDispatch(quadsOf(data.inputs), plain)];
}

/** Mixes the rows of a chunk in `x` in pairs. @param words vec4s of a row */
export function mixDispatch(
  words: number,
  { members, capacity, rows }: { readonly members: number; readonly capacity: number; readonly rows: number },
): Dispatch {
  const pairs = Math.floor(rows / 2);
  return {
    label: "mixup",
    kernel: defineKernel({ shader: "data/mix.wgsl", uses: [STEP_SHADER, MEMBER_STEP_SHADER] }),
    buffers: { x: "x", [MEMBER_STEP_BUFFER]: MEMBER_STEP_BUFFER },
    shape: { words, x_stride: capacity * words },
    workgroups: [Math.min(1024, Math.max(1, Math.ceil((pairs * words) / 64))), 1, members],
    bytes: 64 * pairs * words,
  };
}
