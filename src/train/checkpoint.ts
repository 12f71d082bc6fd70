import type { Safetensors, Tensor as StoredTensor } from "../io/safetensors.ts";
import { readTensor, type Tensor, writeTensor } from "../nn/tensors.ts";
import { besideName, isRestored, withBest, withLast } from "./best.ts";
import { type Position, positionOf } from "./checkpointPosition.ts";
import { tableOfCheckpoint } from "./checkpointTable.ts";
import { forEachKept, forEachRunning, forEachTensor, pick, refuseOthers, type Visit } from "./checkpointTensors.ts";
import { checkTable } from "./data.ts";
import { encodeStopping } from "./earlyStopping.ts";
import { decodeStates, encodeStates } from "./hypers.ts";
import { runningStart } from "./kept.ts";
import { optimizerOf, type Plan } from "./plan.ts";
import { decodeRows, haveMoved } from "./rows.ts";
import type { ArenaName, Session } from "./session.ts";

/** Visits the tensors of a buffer, by their names in a checkpoint. */
type ForEach = (plan: Plan, visit: Visit) => void;

/**
 * The parameters, running statistics and the optimizer's state of every member, read back from the device, with the run's
 * position: `fc1.weight` [out, in], `bn1.running_mean` [out], `optim.exp_avg.fc1.weight`; in a population each behind
 * `member.M.`.
 */
export async function saveCheckpoint(session: Session, position: Position): Promise<Safetensors> {
  const { plan, rows } = session;
  const schedules = session.hypers.states();
  const tensors = new Map<string, StoredTensor>();
  const save = async (buffer: ArenaName, forEach: ForEach, nameOf = (name: string) => name) => {
    const values = await session.read(buffer);
    forEach(plan, (name, tensor, at) => {
      tensors.set(nameOf(name), { shape: tensor.shape, data: readTensor(values.subarray(at), tensor) });
    });
  };
  await save("params", forEachTensor);
  for (const kept of plan.kept) await save(kept.buffer, (_, visit) => forEachKept(plan, kept, visit));
  await save("running", forEachRunning);
  if (hasBest(plan, position)) {
    await save("best", forEachTensor, bestName);
    await save("best_running", forEachRunning, bestName);
  }
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

const bestName = (name: string) => besideName("best", name);

const hasBest = ({ best: keepsBest }: Plan, { stopping }: Position) => keepsBest && stopping?.some(({ best }) => best);

/** Puts tensors back in one of the plan's buffers, all of it. */
function restore(
  session: Session,
  buffer: ArenaName,
  floats: number,
  forEach: ForEach,
  tensorOf: (name: string, tensor: Tensor) => Float32Array,
): void {
  const values = new Float32Array(session.plan.members.length * floats);
  forEach(session.plan, (name, tensor, at) => writeTensor(values.subarray(at), tensor, tensorOf(name, tensor)));
  session.write(buffer, values);
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
  const { tensors } = checkpoint;
  for (const kept of plan.kept) {
    const forEach: ForEach = (_, visit) => forEachKept(plan, kept, visit);
    restore(session, kept.buffer, kept.slots.length * kept.arena.stride, forEach, (name, tensor) =>
      pick(tensors, name, tensor, file),
    );
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
  if (hasBest(plan, position)) {
    const { arena, running } = plan.model;
    const tensorOf = (name: string, tensor: Tensor) => pick(tensors, bestName(name), tensor, file);
    restore(session, "best", arena.stride, forEachTensor, tensorOf);
    restore(session, "best_running", running.stride, forEachRunning, tensorOf);
  }
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
  const { arena, running } = plan.model;
  refuseOthers(plan, tensors, file);
  const tensorOf = (name: string, tensor: Tensor) => pick(tensors, name, tensor, file);
  restore(session, "params", arena.stride, forEachTensor, tensorOf);
  restore(session, "running", running.stride, forEachRunning, tensorOf);
}

/**
 * Starts every member from the parameters of a safetensors file that holds one model's. Running statistics that it does not
 * hold start afresh.
 */
export function startFrom(session: Session, { tensors }: Safetensors, file: string): void {
  const { plan } = session;
  refuseOthers(plan, tensors, file);
  const { arena } = plan.model;
  const prefix = tensors.has("member.0.fc1.weight") && !tensors.has("fc1.weight") ? "member.0." : "";
  const own = (tensor: Tensor) => `${prefix}${tensor.name}`;
  restore(session, "params", arena.stride, forEachTensor, (_, tensor) => pick(tensors, own(tensor), tensor, file));
  const running = runningStart(plan);
  forEachRunning(plan, (_, tensor, at) => {
    const name = own(tensor);
    if (tensors.has(name)) writeTensor(running.subarray(at), tensor, pick(tensors, name, tensor, file));
  });
  session.write("running", running);
}
