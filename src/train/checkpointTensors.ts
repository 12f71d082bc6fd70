import type { Safetensors } from "../io/safetensors.ts";
import type { Arena, Tensor } from "../nn/tensors.ts";
import type { KeptState } from "./kept.ts";
import type { Plan } from "./plan.ts";

/** Visits the tensors of one of the plan's buffers. */
export type Visit = (name: string, tensor: Tensor, at: number) => void;

/** Visits the parameters of every member, by their names in a checkpoint; `at` is where the member's part of the arena begins. */
export const forEachTensor = (plan: Plan, visit: Visit): void => forEachOf(plan, plan.model.arena, [""], visit);

/** Visits batch norm's running statistics; `at` is where the member's part of their arena begins. */
export const forEachRunning = (plan: Plan, visit: Visit): void => forEachOf(plan, plan.model.running, [""], visit);

/** Visits the tensors of one of the optimizer's buffers; `at` is where the slot's part of it begins. */
export function forEachKept(plan: Plan, { slots, arena }: KeptState, visit: Visit): void {
  const names = slots.map(({ name }) => (name === "" ? "optim." : `optim.${name}.`));
  forEachOf(plan, arena, names, visit);
}

/** @param slots what stands before a tensor's name in each part of a member's */
function forEachOf({ members }: Plan, { tensors, stride }: Arena, slots: readonly string[], visit: Visit): void {
  for (const m of members.keys()) {
    const prefix = members.length > 1 ? `member.${m}.` : "";
    for (const [s, slot] of slots.entries()) {
      const at = (m * slots.length + s) * stride;
      for (const tensor of tensors) visit(`${prefix}${slot}${tensor.name}`, tensor, at);
    }
  }
}

/** A tensor that the network does not have was trained in another network, and this one would compute something else. */
export function refuseOthers({ model }: Plan, tensors: Safetensors["tensors"], file: string): void {
  const known = [...model.arena.tensors, ...model.running.tensors].map(({ name }) => name);
  const other = [...tensors.keys()].find((name) => {
    const own = name.replace(/^member\.\d+\./, "");
    return !/^(optim|best|last)\./.test(own) && !known.includes(own);
  });
  if (other === undefined) return;
  throw new Error(
    `${file}: holds "${other}", which the recipe's network does not have; its tensors are ${known.join(", ")}`,
  );
}

export function pick(tensors: Safetensors["tensors"], name: string, expected: Tensor, file: string): Float32Array {
  const found = tensors.get(name);
  if (!found) throw new Error(`${file}: no tensor "${name}"; it holds ${[...tensors.keys()].slice(0, 8).join(", ")}`);
  if (found.shape.join() !== expected.shape.join()) {
    throw new Error(
      `${file}: "${name}" has shape [${found.shape.join(", ")}], but the recipe's network needs [${expected.shape.join(", ")}]`,
    );
  }
  if (!(found.data instanceof Float32Array)) throw new Error(`${file}: "${name}" must hold f32 values`);
  return found.data;
}
