import { createBuffer } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Plan } from "./plan.ts";

/** A member that becomes a copy of another. */
export interface MemberCopy {
  readonly from: number;
  readonly to: number;
}

/**
 * The buffers that hold what a member has come to, with the bytes of a member's part: parameters [P, stride], batch norm's
 * running statistics, and all that its optimizer and what stands around it keep.
 */
function memberParts({ model, kept, buffers }: Plan): { readonly buffer: string; readonly bytes: number }[] {
  return [
    { buffer: "params", bytes: 4 * model.arena.stride },
    ...(buffers.running ? [{ buffer: "running", bytes: 4 * model.running.stride }] : []),
    ...kept.map(({ buffer, slots, arena }) => ({ buffer, bytes: 4 * slots.length * arena.stride })),
  ];
}

/**
 * Copies members over others on the device, bit for bit.
 * @throws Error where a member would be copied that is a copy itself
 */
export function copyMembers(
  gpu: Gpu,
  buffer: (name: string) => GPUBuffer,
  plan: Plan,
  copies: readonly MemberCopy[],
): void {
  const chained = copies.find(({ from }) => copies.some(({ to }) => to === from));
  if (chained) throw new Error(`member ${chained.from} cannot be copied and copied over at once`);
  if (copies.length === 0) return;
  const parts = memberParts(plan);
  // A copy inside of one buffer is not allowed everywhere.
  const largest = Math.max(...parts.map(({ bytes }) => bytes));
  const between = createBuffer(gpu, "copied member", { bytes: largest, usage: "storage", what: "a member on its way" });
  const encoder = gpu.device.createCommandEncoder();
  for (const { buffer: name, bytes } of parts) {
    for (const { from, to } of copies) {
      encoder.copyBufferToBuffer(buffer(name), from * bytes, between, 0, bytes);
      encoder.copyBufferToBuffer(between, 0, buffer(name), to * bytes, bytes);
    }
  }
  gpu.device.queue.submit([encoder.finish()]);
  between.destroy(); // once the copies are done
}
