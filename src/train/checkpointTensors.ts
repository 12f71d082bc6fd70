import type { Safetensors } from "../io/safetensors.ts";
import type { Tensor } from "../nn/tensors.ts";
import type { KeptState } from "./kept.ts";
import type { Plan } from "./plan.ts";

/** Visits the parameters of every member, by their names in a checkpoint. */
export function forEachTensor(
  { members, model }: Plan,
  visit: (name: string, tensor: Tensor, member: number) => void,
): void {
  members.forEach((_, m) => {
    const prefix = members.length > 1 ? `member.${m}.` : "";
    for (const tensor of model.arena.tensors) visit(`${prefix}${tensor.name}`, tensor, m);
  });
}

/** Visits the tensors of one of the optimizer's buffers; `at` is where the slot's part of it begins. */
export function forEachKept(
  { members }: Plan,
  { slots, arena }: KeptState,
  visit: (name: string, tensor: Tensor, at: number) => void,
): void {
  members.forEach((_, m) => {
    const prefix = members.length > 1 ? `member.${m}.` : "";
    slots.forEach(({ name }, s) => {
      const slot = name === "" ? "" : `${name}.`;
      const at = (m * slots.length + s) * arena.stride;
      for (const tensor of arena.tensors) visit(`${prefix}optim.${slot}${tensor.name}`, tensor, at);
    });
  });
}

/** Visits batch norm's running statistics; `at` is where the member's part of their arena begins. */
export function forEachRunning(
  { members, model }: Plan,
  visit: (name: string, tensor: Tensor, at: number) => void,
): void {
  members.forEach((_, m) => {
    const prefix = members.length > 1 ? `member.${m}.` : "";
    for (const tensor of model.running.tensors) visit(`${prefix}${tensor.name}`, tensor, m * model.running.stride);
  });
}

export function partOf(arena: Float32Array, { model }: Plan, member: number): Float32Array {
  return arena.subarray(member * model.arena.stride, (member + 1) * model.arena.stride);
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
