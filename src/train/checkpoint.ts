import { type TilingChoice, tilingChoiceSchema } from "../gpu/tilingChoice.ts";
import type { Safetensors, Tensor as StoredTensor } from "../io/safetensors.ts";
import { readTensor, type Tensor, writeTensor } from "../nn/tensors.ts";
import { besideName, isRestored, withBest, withLast } from "./best.ts";
import { decodeStopping, encodeStopping, type StoppingState } from "./earlyStopping.ts";
import { decodeStates, encodeStates } from "./hypers.ts";
import type { KeptState } from "./kept.ts";
import { optimizerOf, type Plan } from "./plan.ts";
import { parseRecipe, type Recipe } from "./recipe.ts";
import { runningStart, type Session } from "./session.ts";

/** A run's position, which a checkpoint keeps beside its tensors. */
export interface Position {
  /** Optimizer steps done. */
  readonly step: number;
  /** Sum over this epoch's steps so far of each member's loss, so that a resumed epoch ends with its true mean. */
  readonly epochLoss: readonly number[];
  /** Whether the evaluation due at this step is done: after the last step of an epoch and of the run. */
  readonly evaluated: boolean;
  /** Of each member, where the run keeps its best weights. */
  readonly stopping?: readonly StoppingState[];
  /** Whether the run has ended and its best weights are what it came to. */
  readonly restored?: boolean;
}

/**
 * The parameters, running statistics and the optimizer's state of every member, read back from the device, with the run's
 * position: `fc1.weight` [out, in], `bn1.running_mean` [out], `optim.exp_avg.fc1.weight`; in a population each behind
 * `member.M.`.
 */
export async function saveCheckpoint(session: Session, position: Position): Promise<Safetensors> {
  const { plan } = session;
  const schedules = session.hypers.states();
  const params = await session.read("params");
  const running = await session.read("running");
  const tensors = new Map<string, StoredTensor>();
  forEachTensor(plan, (name, tensor, member) => {
    tensors.set(name, { shape: tensor.shape, data: readTensor(partOf(params, plan, member), tensor) });
  });
  for (const kept of plan.kept) {
    const values = await session.read(kept.buffer);
    forEachKept(plan, kept, (name, tensor, at) => {
      tensors.set(name, { shape: tensor.shape, data: readTensor(values.subarray(at), tensor) });
    });
  }
  forEachRunning(plan, (name, tensor, at) => {
    tensors.set(name, { shape: tensor.shape, data: readTensor(running.subarray(at), tensor) });
  });
  const hasBest = plan.best && position.stopping?.some(({ best }) => best);
  if (hasBest) await saveBest(session, tensors);
  const metadata = {
    format: "downhill 1",
    recipe: JSON.stringify(plan.recipe),
    kernels: JSON.stringify(plan.kernels),
    step: String(position.step),
    // As texts: JSON has no NaN.
    epoch_loss: JSON.stringify(position.epochLoss.map(String)),
    evaluated: String(position.evaluated),
    ...(position.stopping && { early_stopping: encodeStopping(position.stopping) }),
    ...(schedules && { schedules: encodeStates(schedules) }),
    ...(optimizerOf(plan).memory && {
      memory: encodeStates(plan.members.map((_, m) => ({ optimizer: session.hypers.memory(m, position.step) }))),
    }),
  };
  return position.restored ? withBest({ tensors, metadata }) : { tensors, metadata };
}

/** Adds the best weights of every member. */
async function saveBest(session: Session, tensors: Map<string, StoredTensor>): Promise<void> {
  const { plan } = session;
  const best = await session.read("best");
  const own = (name: string) => besideName("best", name);
  forEachTensor(plan, (name, tensor, member) => {
    tensors.set(own(name), { shape: tensor.shape, data: readTensor(partOf(best, plan, member), tensor) });
  });
  const running = await session.read("best_running");
  forEachRunning(plan, (name, tensor, at) => {
    tensors.set(own(name), { shape: tensor.shape, data: readTensor(running.subarray(at), tensor) });
  });
}

/** Puts the best weights back on the device, where a checkpoint has some. */
function restoreBest(session: Session, { tensors }: Safetensors, file: string): void {
  const { plan } = session;
  const best = new Float32Array(plan.members.length * plan.model.arena.stride);
  const running = new Float32Array(plan.members.length * plan.model.running.stride);
  const own = (name: string) => besideName("best", name);
  forEachTensor(plan, (name, tensor, member) => {
    writeTensor(partOf(best, plan, member), tensor, pick(tensors, own(name), tensor, file));
  });
  forEachRunning(plan, (name, tensor, at) => {
    writeTensor(running.subarray(at), tensor, pick(tensors, own(name), tensor, file));
  });
  session.write("best", best);
  session.write("best_running", running);
}

/**
 * Puts a checkpoint's parameters and optimizer state back on the device.
 * @throws Error where a tensor is missing or has another shape than the recipe gives it
 */
export function restoreCheckpoint(session: Session, saved: Safetensors, file: string): Position {
  const { plan } = session;
  const checkpoint = withLast(saved);
  restoreParameters(session, checkpoint, file);
  for (const kept of plan.kept) {
    const values = new Float32Array(plan.members.length * kept.slots.length * kept.arena.stride);
    forEachKept(plan, kept, (name, tensor, at) => {
      writeTensor(values.subarray(at), tensor, pick(checkpoint.tensors, name, tensor, file));
    });
    session.write(kept.buffer, values);
  }
  const { schedules, memory } = checkpoint.metadata;
  if (schedules !== undefined) session.hypers.restore(decodeStates(schedules, file));
  else if (session.hypers.states()) throw new Error(`${file}: no state of the recipe's schedules in its metadata`);
  const position = positionOf(checkpoint, file);
  if (optimizerOf(plan).memory) {
    if (memory === undefined) throw new Error(`${file}: nothing of what its optimizer remembers in its metadata`);
    const memories = decodeStates(memory, file).map(({ optimizer = {} }) => optimizer);
    session.hypers.restoreMemory(position.step, memories);
  }
  if (plan.best && position.stopping?.some(({ best }) => best)) restoreBest(session, checkpoint, file);
  session.step = position.step;
  return position;
}

/**
 * Puts back what an evaluation of the checkpoint needs: the parameters under their names are those that training goes on
 * with, and where the optimizer has others for evaluation, they come from its state. Parameters from elsewhere have none, and
 * are evaluated themselves.
 */
export function restoreForEvaluation(session: Session, checkpoint: Safetensors, file: string): void {
  const { viewLayout, syncEvery } = session.plan;
  const looksElsewhere = viewLayout !== undefined || syncEvery > 0;
  const isOfTraining = checkpoint.metadata.step !== undefined && !isRestored(checkpoint);
  if (looksElsewhere && isOfTraining) restoreCheckpoint(session, checkpoint, file);
  else restoreParameters(session, checkpoint, file);
}

/**
 * The position of the run that a checkpoint was taken from.
 * @throws Error where its metadata holds none
 */
export function positionOf({ metadata }: Safetensors, file: string): Position {
  const step = Number(metadata.step ?? Number.NaN);
  if (!Number.isInteger(step) || step < 0) throw new Error(`${file}: no position of a run in its metadata`);
  const epochLoss = (JSON.parse(metadata.epoch_loss ?? "[]") as string[]).map(Number);
  const { early_stopping } = metadata;
  const stopping = early_stopping === undefined ? {} : { stopping: decodeStopping(early_stopping, file) };
  return { step, epochLoss, evaluated: metadata.evaluated === "true", ...stopping };
}

/**
 * The matrix kernels that a checkpoint's run took: with others its numbers would differ in rounding. Where it says none, as
 * parameters from elsewhere, they are the adapter's default.
 * @throws Error where they cannot be read
 */
export function kernelsOfCheckpoint({ metadata }: Safetensors, file: string): TilingChoice | "deterministic" {
  if (metadata.kernels === undefined) return "deterministic";
  try {
    return tilingChoiceSchema.parse(JSON.parse(metadata.kernels));
  } catch (cause) {
    throw new Error(`${file}: the kernels in its metadata cannot be read`, { cause });
  }
}

/** Puts the parameters and running statistics of every member back on the device, without the optimizer's state. */
export function restoreParameters(session: Session, { tensors }: Safetensors, file: string): void {
  const { plan } = session;
  refuseOthers(plan, tensors, file);
  const params = new Float32Array(plan.members.length * plan.model.arena.stride);
  forEachTensor(plan, (name, tensor, member) => {
    writeTensor(partOf(params, plan, member), tensor, pick(tensors, name, tensor, file));
  });
  session.write("params", params);
  const running = new Float32Array(plan.members.length * plan.model.running.stride);
  forEachRunning(plan, (name, tensor, at) => {
    writeTensor(running.subarray(at), tensor, pick(tensors, name, tensor, file));
  });
  session.write("running", running);
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
  const norms = { batch_norm: tensors.has(`${prefix}bn1.weight`), layer_norm: tensors.has(`${prefix}ln1.weight`) };
  return parseRecipe({ hidden, population, ...norms, ...given });
}

/**
 * Starts every member from the parameters of a safetensors file that holds one model's. Running statistics that it does not
 * hold start afresh.
 */
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
  const running = runningStart(plan);
  forEachRunning(plan, (_, tensor, at) => {
    const name = `${prefix}${tensor.name}`;
    if (tensors.has(name)) writeTensor(running.subarray(at), tensor, pick(tensors, name, tensor, file));
  });
  session.write("running", running);
}

function forEachTensor({ members, model }: Plan, visit: (name: string, tensor: Tensor, member: number) => void): void {
  members.forEach((_, m) => {
    const prefix = members.length > 1 ? `member.${m}.` : "";
    for (const tensor of model.arena.tensors) visit(`${prefix}${tensor.name}`, tensor, m);
  });
}

/** Visits the tensors of one of the optimizer's buffers; `at` is where the slot's part of it begins. */
function forEachKept(
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
function forEachRunning({ members, model }: Plan, visit: (name: string, tensor: Tensor, at: number) => void): void {
  members.forEach((_, m) => {
    const prefix = members.length > 1 ? `member.${m}.` : "";
    for (const tensor of model.running.tensors) visit(`${prefix}${tensor.name}`, tensor, m * model.running.stride);
  });
}

function partOf(arena: Float32Array, { model }: Plan, member: number): Float32Array {
  return arena.subarray(member * model.arena.stride, (member + 1) * model.arena.stride);
}

/** A tensor that the network does not have was trained in another network, and this one would compute something else. */
function refuseOthers({ model }: Plan, tensors: Safetensors["tensors"], file: string): void {
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
