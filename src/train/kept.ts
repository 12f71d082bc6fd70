import { type Arena, writeTensor } from "../nn/tensors.ts";
import { extraStart } from "../optim/extraStart.ts";
import type { Hyper, Optimizer, Site, Slot } from "../optim/optimizer.ts";
import { extraArena, usedSlots } from "../optim/update.ts";
import { optimizerOf, type Plan } from "./plan.ts";

/** State that a checkpoint keeps beside the parameters: a buffer [P, slots, arena.stride]. */
export interface KeptState {
  readonly buffer: "state" | "slow" | "average" | "extra";
  readonly arena: Arena;
  /** In a checkpoint, a slot's tensors are `optim.SLOT.TENSOR`; `optim.TENSOR` where its name is empty. */
  readonly slots: readonly Slot[];
}

/**
 * What an optimizer keeps: its slots, what it has beside them, and the slots of what stands around it.
 * @param more each in a buffer of its name
 */
export function keptState(
  optimizer: Optimizer,
  hyper: Hyper,
  { arena }: Site,
  more: readonly (Slot & { readonly name: "slow" | "average" })[],
): KeptState[] {
  const slots = usedSlots(optimizer, hyper);
  const extra = extraArena(optimizer, hyper, arena);
  return [
    ...(slots.length > 0 ? [{ buffer: "state", arena, slots } as const] : []),
    ...(extra.tensors.length > 0 ? [{ buffer: "extra", arena: extra, slots: [{ name: "" }] } as const] : []),
    ...more.map((slot) => ({ buffer: slot.name, arena, slots: [slot] })),
  ];
}

/** Copies the parameters to the slots that start as they do. */
export function encodeStarts(
  encoder: GPUCommandEncoder,
  buffer: (name: string) => GPUBuffer,
  { kept, model, members }: Plan,
): void {
  const bytes = 4 * model.arena.stride;
  for (const { buffer: name, slots } of kept) {
    slots.forEach(({ start }, slot) => {
      if (start !== "params") return;
      for (const m of members.keys()) {
        const at = (m * slots.length + slot) * bytes;
        encoder.copyBufferToBuffer(buffer("params"), m * bytes, buffer(name), at, bytes);
      }
    });
  }
}

/** Fills what of the optimizer's state starts at another value than 0. */
export function fillState(queue: GPUQueue, buffer: (name: string) => GPUBuffer, plan: Plan): void {
  const { members, model, kept } = plan;
  const optimizer: Optimizer = optimizerOf(plan);
  members.forEach(({ optimizer: { name: _, ...rest } }, m) => {
    const hyper = rest as Hyper;
    for (const { buffer: name, arena, slots } of kept) {
      const part = m * slots.length * arena.stride;
      if (name === "extra") queue.writeBuffer(buffer(name), 4 * part, extraStart(optimizer, hyper, model.arena));
      if (name !== "state") continue;
      usedSlots(optimizer, hyper).forEach(({ fill = 0 }, i) => {
        if (fill === 0) return;
        const at = part + i * arena.stride;
        queue.writeBuffer(buffer(name), 4 * at, new Float32Array(arena.stride).fill(fill));
      });
    }
  });
}

/** Batch norm's statistics before the first step: means 0, variances 1. */
export function runningStart({ members, model }: Plan): Float32Array<ArrayBuffer> {
  const { stride } = model.running;
  const values = new Float32Array(members.length * stride);
  for (const m of members.keys()) {
    for (const { norm } of model.blocks) {
      const variance = norm?.running?.variance;
      if (variance) writeTensor(values.subarray(m * stride), variance, new Float32Array(variance.columns).fill(1));
    }
  }
  return values;
}
