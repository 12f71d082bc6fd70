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
export function memberParts({ model, kept, buffers }: Plan): { readonly buffer: string; readonly bytes: number }[] {
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
export function encodeMemberCopies(
  encoder: GPUCommandEncoder,
  buffer: (name: string) => GPUBuffer,
  plan: Plan,
  copies: readonly MemberCopy[],
): void {
  const chained = copies.find(({ from }) => copies.some(({ to }) => to === from));
  if (chained) throw new Error(`member ${chained.from} cannot be copied and copied over at once`);
  for (const { buffer: name, bytes } of memberParts(plan)) {
    for (const { from, to } of copies) {
      encoder.copyBufferToBuffer(buffer(name), from * bytes, buffer(name), to * bytes, bytes);
    }
  }
}
