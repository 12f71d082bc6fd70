import type { Safetensors, Tensor as StoredTensor } from "../io/safetensors.ts";
import { readTensor, writeTensor } from "../nn/tensors.ts";
import { besideName, isRestored, withBest, withLast } from "./best.ts";
import { type Position, positionOf } from "./checkpointPosition.ts";
import { tableOfCheckpoint } from "./checkpointTable.ts";
import { forEachKept, forEachRunning, forEachTensor, partOf, pick, refuseOthers } from "./checkpointTensors.ts";
import { checkTable } from "./data.ts";
import { encodeStopping } from "./earlyStopping.ts";
import { decodeStates, encodeStates } from "./hypers.ts";
import { runningStart } from "./kept.ts";
import { optimizerOf } from "./plan.ts";
import { decodeRows, haveMoved } from "./rows.ts";
import type { Session } from "./session.ts";

/**
 * The parameters, running statistics and the optimizer's state of every member, read back from the device, with the run's
 * position: `fc1.weight` [out, in], `bn1.running_mean` [out], `optim.exp_avg.fc1.weight`; in a population each behind
 * `member.M.`.
 */
export async function saveCheckpoint(session: Session, position: Position): Promise<Safetensors> {
  const { plan } = session;
  const { rows } = session;
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
    ...(plan.data.table && { table: JSON.stringify(plan.data.table) }),
    step: String(position.step),
    // As texts: JSON has no NaN.
    epoch_loss: JSON.stringify(position.epochLoss.map(String)),
    evaluated: String(position.evaluated),
    ...(position.stopping && { early_stopping: encodeStopping(position.stopping) }),
    ...(schedules && { schedules: encodeStates(schedules) }),
    // Where members have other values of `vary` by now than their recipe gives them.
    ...(rows && haveMoved(rows, plan) && { vary_rows: JSON.stringify(rows) }),
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
  const trained = tableOfCheckpoint(checkpoint, file);
  if (trained) checkTable(plan.data.table, trained, plan.recipe.data);
  restoreParameters(session, checkpoint, file);
  for (const kept of plan.kept) {
    const values = new Float32Array(plan.members.length * kept.slots.length * kept.arena.stride);
    forEachKept(plan, kept, (name, tensor, at) => {
      writeTensor(values.subarray(at), tensor, pick(checkpoint.tensors, name, tensor, file));
    });
    session.write(kept.buffer, values);
  }
  const { schedules, memory, vary_rows } = checkpoint.metadata;
  if (vary_rows !== undefined)
    decodeRows(vary_rows, plan, file).forEach((row, m) => {
      session.setRow(m, row);
    });
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
  const { viewLayout, syncEvery, averages } = session.plan;
  const looksElsewhere = viewLayout !== undefined || syncEvery > 0 || averages;
  const isOfTraining = checkpoint.metadata.step !== undefined && !isRestored(checkpoint);
  if (looksElsewhere && isOfTraining) restoreCheckpoint(session, checkpoint, file);
  else restoreParameters(session, checkpoint, file);
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
