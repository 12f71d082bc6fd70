import type { Safetensors, Tensor as StoredTensor } from "../io/safetensors.ts";
import { readTensor, type Tensor, writeTensor } from "../nn/tensors.ts";
import type { Plan } from "./plan.ts";
import { parseRecipe, type Recipe } from "./recipe.ts";
import type { Session } from "./session.ts";

/** A run's position, which a checkpoint keeps beside its tensors. */
export interface Position {
  /** Optimizer steps done. */
  readonly step: number;
  /** Sum over this epoch's steps so far of each member's loss, so that a resumed epoch ends with its true mean. */
  readonly epochLoss: readonly number[];
  /** Whether the evaluation due at this step is done: after the last step of an epoch and of the run. */
  readonly evaluated: boolean;
}

/**
 * The parameters and the optimizer's state of every member, read back from the device, with the run's position:
 * `fc1.weight` [out, in], `optim.exp_avg.fc1.weight`; in a population each behind `member.M.`.
 */
export async function saveCheckpoint(session: Session, position: Position): Promise<Safetensors> {
  const { plan } = session;
  const [params, state] = [await session.read("params"), await session.read("state")];
  const tensors = new Map<string, StoredTensor>();
  forEachTensor(plan, (name, tensor, slot, member) => {
    const part = slot === undefined ? partOf(params, plan, member) : statePartOf(state, plan, member, slot);
    tensors.set(name, { shape: tensor.shape, data: readTensor(part, tensor) });
  });
  const metadata = {
    format: "downhill 1",
    recipe: JSON.stringify(plan.recipe),
    step: String(position.step),
    // As texts: JSON has no NaN.
    epoch_loss: JSON.stringify(position.epochLoss.map(String)),
    evaluated: String(position.evaluated),
  };
  return { tensors, metadata };
}

/**
 * Puts a checkpoint's parameters and optimizer state back on the device.
 * @throws Error where a tensor is missing or has another shape than the recipe gives it
 */
export function restoreCheckpoint(session: Session, checkpoint: Safetensors, file: string): Position {
  const { plan } = session;
  restoreParameters(session, checkpoint, file);
  const state = new Float32Array(plan.members.length * plan.slots.length * plan.model.arena.stride);
  forEachTensor(plan, (name, tensor, slot, member) => {
    if (slot === undefined) return;
    writeTensor(statePartOf(state, plan, member, slot), tensor, pick(checkpoint.tensors, name, tensor, file));
  });
  session.write("state", state);
  return positionOf(checkpoint, file);
}

/**
 * The position of the run that a checkpoint was taken from.
 * @throws Error where its metadata holds none
 */
export function positionOf({ metadata }: Safetensors, file: string): Position {
  const step = Number(metadata.step ?? Number.NaN);
  if (!Number.isInteger(step) || step < 0) throw new Error(`${file}: no position of a run in its metadata`);
  const epochLoss = (JSON.parse(metadata.epoch_loss ?? "[]") as string[]).map(Number);
  return { step, epochLoss, evaluated: metadata.evaluated === "true" };
}

/** Puts the parameters of every member back on the device, without the optimizer's state. */
export function restoreParameters(session: Session, { tensors }: Safetensors, file: string): void {
  const { plan } = session;
  refuseOthers(plan, tensors, file);
  const params = new Float32Array(plan.members.length * plan.model.arena.stride);
  forEachTensor(plan, (name, tensor, slot, member) => {
    if (slot === undefined) writeTensor(partOf(params, plan, member), tensor, pick(tensors, name, tensor, file));
  });
  session.write("params", params);
}

/**
 * The recipe that a checkpoint was trained with. Parameters from elsewhere have none: then the widths come from the
 * tensors' shapes, and the rest is the default.
 * @param data the data set to use in place of the recipe's
 */
export function recipeOfCheckpoint({ tensors, metadata }: Safetensors, file: string, data?: string): Recipe {
  const given = data === undefined ? {} : { data };
  if (metadata.recipe !== undefined) {
    let saved: object;
    try {
      saved = JSON.parse(metadata.recipe) as object;
    } catch (cause) {
      throw new Error(`${file}: the recipe in its metadata is no JSON: ${(cause as Error).message}`, { cause });
    }
    try {
      return parseRecipe({ ...saved, ...given });
    } catch (cause) {
      throw new Error(`${file}: the recipe in its metadata: ${(cause as Error).message}`, { cause });
    }
  }
  const names = [...tensors.keys()];
  const population = new Set(names.map((name) => /^member\.(\d+)\./.exec(name)?.[1] ?? "")).size;
  const prefix = names.some((name) => name.startsWith("member.0.")) ? "member.0." : "";
  const hidden: number[] = [];
  for (let layer = 1; tensors.has(`${prefix}fc${layer + 1}.weight`); layer++) {
    hidden.push(tensors.get(`${prefix}fc${layer}.weight`)?.shape[0] ?? 0);
  }
  return parseRecipe({ hidden, population, ...given });
}

/** Starts every member from the parameters of a safetensors file that holds one model's. */
export function startFrom(session: Session, { tensors }: Safetensors, file: string): void {
  const { plan } = session;
  refuseOthers(plan, tensors, file);
  const params = new Float32Array(plan.members.length * plan.model.arena.stride);
  const prefix = tensors.has("member.0.fc1.weight") && !tensors.has("fc1.weight") ? "member.0." : "";
  plan.members.forEach((_, m) => {
    for (const tensor of plan.model.arena.tensors) {
      writeTensor(partOf(params, plan, m), tensor, pick(tensors, `${prefix}${tensor.name}`, tensor, file));
    }
  });
  session.write("params", params);
}

function forEachTensor(
  { members, slots, model }: Plan,
  visit: (name: string, tensor: Tensor, slot: number | undefined, member: number) => void,
): void {
  members.forEach((_, m) => {
    const prefix = members.length > 1 ? `member.${m}.` : "";
    for (const tensor of model.arena.tensors) visit(`${prefix}${tensor.name}`, tensor, undefined, m);
    slots.forEach((slot, s) => {
      for (const tensor of model.arena.tensors) visit(`${prefix}optim.${slot.name}.${tensor.name}`, tensor, s, m);
    });
  });
}

function partOf(arena: Float32Array, { model }: Plan, member: number): Float32Array {
  return arena.subarray(member * model.arena.stride, (member + 1) * model.arena.stride);
}

function statePartOf(state: Float32Array, { model, slots }: Plan, member: number, slot: number): Float32Array {
  const at = (member * slots.length + slot) * model.arena.stride;
  return state.subarray(at, at + model.arena.stride);
}

/** A tensor that the network does not have was trained in another network, and this one would compute something else. */
function refuseOthers({ model }: Plan, tensors: Safetensors["tensors"], file: string): void {
  const known = model.arena.tensors.map(({ name }) => name);
  const other = [...tensors.keys()].find((name) => {
    const own = name.replace(/^member\.\d+\./, "");
    return !own.startsWith("optim.") && !known.includes(own);
  });
  if (other === undefined) return;
  throw new Error(
    `${file}: holds "${other}", which the recipe's network does not have; its tensors are ${known.join(", ")}`,
  );
}

function pick(tensors: Safetensors["tensors"], name: string, expected: Tensor, file: string): Float32Array {
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
