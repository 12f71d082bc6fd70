import { readShader } from "#platform";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, stepLayout } from "../gpu/kernel.ts";
import { reflectStruct, type StructLayout } from "../gpu/reflect.ts";
import type { Tiling } from "../gpu/tiling.ts";
import { choiceOf, type TilingChoice } from "../gpu/tilingChoice.ts";
import { initNetwork } from "../nn/init/network.ts";
import { MEMBER_BUFFER, MEMBER_SHADER } from "../nn/member.ts";
import { type Mlp, mlp } from "../nn/mlp.ts";
import { METRICS_BYTES } from "../nn/softmaxCrossEntropy.ts";
import { clipNorm, NORM_PARTIALS } from "../optim/clipNorm.ts";
import type { Hyper, Optimizer, Slot } from "../optim/optimizer.ts";
import { findOptimizer } from "../optim/registry.ts";
import {
  hyperLayout,
  isElementwise,
  stageBuffers,
  stagesOf,
  updateEpilogue,
  updateKernel,
  usedSlots,
  viewDispatch,
  viewLayout,
} from "../optim/update.ts";
import { wrap } from "../optim/wrappers.ts";
import { AUGMENT_BUFFER, augmentBuffer, augmentedGather } from "./augmentation.ts";
import { type KeptState, keptState } from "./kept.ts";
import { NORMALISE, networkBuffers, networkStages } from "./network.ts";
import { expandMembers, type Member, type Recipe, RecipeError } from "./recipe.ts";
import {
  type BestSource,
  bestBuffers,
  bestSource,
  onValidation,
  validationBuffers,
  withValidation,
} from "./validation.ts";

/** What a plan needs to know of a data set: its shapes. */
export interface DataShape {
  readonly trainCount: number;
  readonly testCount: number;
  /** Samples that are held out of the training set, and not counted in it. */
  readonly validationCount?: number;
  /** Values of a sample: width * height. */
  readonly inputs: number;
  /** Pixels of an image along x, where samples are images. */
  readonly width?: number;
  /** Bytes from one image to the next, a multiple of 4. */
  readonly rowBytes: number;
  readonly classes: number;
}

/** Dispatches that run together, in order. */
export type Stage = "init" | "shuffle" | "chunk" | "between" | "update" | "sync" | "view" | "evaluate" | "validate";

/** All that a run does on the GPU, as plain data: what it allocates, and what it dispatches. Needs no device. */
export interface Plan {
  readonly recipe: Recipe;
  readonly members: readonly Member[];
  readonly data: DataShape;
  readonly model: Mlp;
  readonly slots: readonly Slot[];
  readonly kept: readonly KeptState[];
  /** Rows of hyper-parameters for each step and member: 2 where weight decay spares some tensors. */
  readonly groups: number;
  /** Gradients that a step takes, from the same samples; stage "between" runs between them. */
  readonly gradients: number;
  /** Steps from one run of stage "sync" to the next; 0 where there is none. */
  readonly syncEvery: number;
  /** A member's row of the buffer `views`, where stage "view" makes the weights for evaluation. */
  readonly viewLayout?: StructLayout;
  readonly tiling: string;
  /** Which family of kernels takes which matrix product; a checkpoint keeps it. */
  readonly kernels: TilingChoice;
  /** What a person should know of how that was chosen. */
  readonly note?: string;
  /** Samples a step; the last step of an epoch may have fewer. */
  readonly batch: number;
  readonly stepsPerEpoch: number;
  /** Planned length of the run. */
  readonly steps: number;
  /** Most samples that one pass through the network takes; a larger batch is worked through in chunks. */
  readonly chunkRows: number;
  /** The same for evaluation. */
  readonly evaluateRows: number;
  /** Most chunks in one submit, and most samples in all of them. */
  readonly submitChunks: number;
  readonly submitSamples: number;
  /**
   * Rows of the tables of hyper-parameters and metrics; a step uses row `step % tableRows`. More rows of metrics: one for
   * evaluation, and one for further gradients of a step.
   */
  readonly tableRows: number;
  /** Entries of the metrics table for each step and member, which add up. */
  readonly metricTiles: number;
  readonly hyperLayout: StructLayout;
  /** A row of the buffer `population`: what members have to themselves beside hyper-parameters. */
  readonly memberLayout: StructLayout;
  /** What the shuffle fills: the uniform `range`. */
  readonly rangeLayout: StructLayout;
  readonly buffers: Readonly<Record<string, BufferSpec>>;
  readonly stages: Readonly<Record<Stage, readonly Dispatch[]>>;
  /** What leaves the logits of an evaluation's chunk in the buffer `logits.z`, for those who want more than its metrics. */
  readonly logits: { readonly z: string; readonly stage: readonly Dispatch[] };
  /** Where the best weights are kept: a copy of which buffers. */
  readonly best?: BestSource;
}

/** Rows that fit the workgroup tiles well and keep activations small; it depends on nothing, so that results do not. */
const MAX_CHUNK_ROWS = 1000;
/** Rows of an evaluation where a chunk of training has too few; else both have the same, and so the same kernels. */
const EVALUATE_ROWS = 200;
const MIN_EVALUATE_ROWS = 50;
const MAX_SUBMIT_CHUNKS = 1024;
/** Sample indices of one submit, over all members: 16 MiB of them. */
const MAX_ORDER_ENTRIES = 2 ** 22;
/** The file whose `struct Range` says what the shuffle fills. */
const SHUFFLE_SHADER = "data/shuffle.wgsl";
/** Dynamic offsets of a uniform buffer are multiples of this. */
export const STEP_STRIDE = 256;

/**
 * Compiles a recipe to a plan.
 * @throws RecipeError where the recipe does not suit the data
 */
export function makePlan(recipe: Recipe, given: DataShape, tiling: Tiling): Plan {
  const data = withValidation(recipe, given);
  const members = expandMembers(recipe);
  const batch = recipe.batch_size === "full" ? data.trainCount : recipe.batch_size;
  if (batch > data.trainCount) {
    throw new RecipeError(
      `batch_size: ${batch} is more than the ${data.trainCount} training samples; use at most that, or "full"`,
    );
  }
  // Members share the structure, so that the first one's values stand for it.
  const first = members[0] as Member;
  const { name, ...structure } = first.optimizer;
  const optimizer = findOptimizer(name) as Optimizer;
  const slots = usedSlots(optimizer, structure as Hyper);
  const model = mlp([data.inputs, ...recipe.hidden, data.classes], recipe.activation, {
    norm: recipe.batch_norm ? "batch" : recipe.layer_norm ? "layer" : undefined,
    dropout: first.dropout > 0,
  });
  const stepsPerEpoch = Math.ceil(data.trainCount / batch);
  const chunkRows = Math.ceil(batch / Math.ceil(batch / MAX_CHUNK_ROWS));
  const evaluateRows = Math.min(chunkRows < MIN_EVALUATE_ROWS ? EVALUATE_ROWS : chunkRows, data.testCount);
  const P = members.length;
  const submitSamples = Math.max(chunkRows, Math.min(data.trainCount, Math.floor(MAX_ORDER_ENTRIES / P)));
  const submitChunks = Math.max(1, Math.min(MAX_SUBMIT_CHUNKS, Math.floor(submitSamples / chunkRows)));
  const site = {
    arena: model.arena,
    members: P,
    groups: recipe.decay === "weights" ? 2 : 1,
    quadsPerThread: tiling.updateQuads,
  };
  const wrapped = wrap(recipe, optimizer, structure as Hyper, site);
  const capacity = Math.max(chunkRows, evaluateRows);
  if (recipe.batch_norm) checkBatchNorm(batch, chunkRows, data);
  // Gradients that add up over chunks are whole only after the last one.
  const hasNorm = recipe.batch_norm || recipe.layer_norm;
  const clips = first.clip_norm !== undefined;
  const isWhole = batch <= chunkRows && !hasNorm && !clips && wrapped.gradients === 1;
  const fusesUpdate = tiling.fusesUpdate && isWhole && isElementwise(optimizer, site.groups);
  const gather = augmentedGather(data, { members, capacity, rows: chunkRows, normalise: NORMALISE });
  const networkSize = {
    gather,
    members: P,
    capacity,
    chunkRows,
    evaluateRows,
    accumulates: batch > chunkRows,
    smooths: first.label_smoothing > 0,
    epilogue: fusesUpdate ? updateEpilogue(optimizer, structure as Hyper) : undefined,
  };
  const network = networkStages(model, data, tiling, networkSize);
  const evaluated = (dispatch: Dispatch): Dispatch => {
    const { params, ...others } = dispatch.buffers;
    if (!params) return dispatch;
    return { ...dispatch, buffers: { ...others, params: optimizer.evaluation ? "seen" : wrapped.evaluated } };
  };
  const evaluate = network.evaluate.map(evaluated);
  // A tail keeps logits to itself.
  const { tail, ...tailless } = tiling;
  const apart = tail ? networkStages(model, data, tailless, networkSize) : network;
  const best = bestSource(recipe, data, evaluate);
  const plan = {
    recipe,
    members,
    data,
    model,
    slots,
    kept: keptState(optimizer, structure as Hyper, site, wrapped.slots),
    groups: site.groups,
    gradients: wrapped.gradients,
    syncEvery: wrapped.syncEvery,
    ...(optimizer.evaluation && { viewLayout: viewLayout(optimizer) }),
    tiling: tiling.name,
    kernels: choiceOf(tiling),
    ...(tiling.note !== undefined && { note: tiling.note }),
    batch,
    stepsPerEpoch,
    steps: recipe.steps ?? recipe.epochs * stepsPerEpoch,
    chunkRows,
    evaluateRows,
    submitChunks,
    submitSamples,
    tableRows: submitChunks,
    metricTiles: network.metricTiles,
    hyperLayout: hyperLayout(updateKernel(optimizer, structure as Hyper)),
    memberLayout: reflectStruct(readShader(MEMBER_SHADER), "Member"),
    rangeLayout: reflectStruct(readShader(SHUFFLE_SHADER), "Range"),
    stages: {
      init: initNetwork(model, P, recipe.init),
      shuffle: [shuffleDispatch(submitSamples, P)],
      chunk: network.chunk,
      between: wrapped.between,
      update: fusesUpdate
        ? []
        : [
            ...(clips ? clipNorm(model.arena.stride, P) : []),
            ...wrapped.before,
            ...stagesOf(optimizer, structure as Hyper, site),
          ],
      sync: wrapped.sync,
      view: optimizer.evaluation ? [viewDispatch(optimizer, structure as Hyper, site)] : [],
      evaluate,
      validate: data.validationCount ? onValidation(evaluate) : [],
    },
    logits: { z: `${model.layers.at(-1)?.name}.y`, stage: apart.evaluate.slice(0, -1).map(evaluated) },
    ...(best && { best }),
  };
  const own = fusesUpdate ? {} : stageBuffers(optimizer, structure as Hyper, site);
  return { ...plan, buffers: { ...planBuffers(plan, capacity, gather !== undefined || !tiling.fusesGather), ...own } };
}

/** @throws RecipeError where batches do not give the statistics that batch norm needs */
function checkBatchNorm(batch: number, chunkRows: number, { trainCount }: DataShape): void {
  if (batch > chunkRows) {
    throw new RecipeError(
      `batch_norm: a batch of ${batch} samples is worked through in chunks of ${chunkRows}, and batch norm needs the ` +
        `statistics of all of it at once: use a batch_size of at most ${MAX_CHUNK_ROWS}, or layer_norm`,
    );
  }
  const rest = trainCount % batch;
  if (batch !== 1 && rest !== 1) return;
  const which = batch === 1 ? "a batch" : `the last batch of an epoch (${trainCount} samples by ${batch})`;
  throw new RecipeError(
    `batch_norm: ${which} is one sample, which has no variance: use another batch_size, of 2 or more, or layer_norm`,
  );
}

function shuffleDispatch(samples: number, members: number): Dispatch {
  return {
    label: "shuffle",
    kernel: defineKernel({ shader: SHUFFLE_SHADER, uses: ["lib/random.wgsl"] }),
    buffers: { range: "range", seeds: "seeds", order: "order" },
    workgroups: [Math.min(256, Math.ceil(samples / 64)), 1, members],
  };
}

function planBuffers(plan: Omit<Plan, "buffers">, capacity: number, gathers: boolean): Record<string, BufferSpec> {
  const { data, model, members, stages, tableRows, metricTiles, submitChunks, submitSamples, hyperLayout } = plan;
  const P = members.length;
  const { stride } = model.arena;
  const storage = (bytes: number, what: string): BufferSpec => ({ bytes, usage: "storage", what });
  const floats = (count: number, what: string) => storage(4 * count, what);
  const used = new Set(Object.values(stages).flatMap((all) => all.flatMap(({ buffers }) => Object.values(buffers))));
  return {
    train_images: storage(data.trainCount * data.rowBytes, `u8 [${data.trainCount}, ${data.inputs}]`),
    train_labels: storage(data.trainCount, `u8 [${data.trainCount}]`),
    test_images: storage(data.testCount * data.rowBytes, `u8 [${data.testCount}, ${data.inputs}]`),
    test_labels: storage(data.testCount, `u8 [${data.testCount}]`),
    test_order: storage(4 * evaluationCount(data), `u32 [${evaluationCount(data)}]`),
    ...validationBuffers(data),
    ...bestBuffers(plan),
    params: floats(P * stride, `parameters, f32 [P=${P}, ${stride}]`),
    ...(stages.update.length > 0 && { grads: floats(P * stride, `gradients, f32 [P=${P}, ${stride}]`) }),
    ...Object.fromEntries(
      plan.kept.map(({ buffer, arena, slots }) => {
        const what = `optimizer state, f32 [P=${P}, ${slots.length}, ${arena.stride}]`;
        return [buffer, floats(P * slots.length * arena.stride, what)] as const;
      }),
    ),
    ...(used.has("held") && { held: floats(P * stride, `parameters meanwhile, f32 [P=${P}, ${stride}]`) }),
    ...(plan.viewLayout && {
      seen: floats(P * stride, `parameters that are evaluated, f32 [P=${P}, ${stride}]`),
      views: storage(P * plan.viewLayout.size, `how they come about, [P=${P}]`),
    }),
    ...(gathers && {
      x: floats(P * capacity * data.rowBytes, `gathered samples, f32 [P=${P}, ${capacity}, ${data.inputs}]`),
    }),
    ...networkBuffers(model, P, capacity),
    ...(model.running.tensors.length > 0 && {
      running: floats(P * model.running.stride, `running statistics, f32 [P=${P}, ${model.running.stride}]`),
    }),
    ...(used.has("norm_partials") && {
      norm_partials: floats(P * NORM_PARTIALS, `sums of squared gradients, f32 [P=${P}, ${NORM_PARTIALS}]`),
    }),
    ...(used.has(MEMBER_BUFFER) && {
      [MEMBER_BUFFER]: storage(P * plan.memberLayout.size, `what members have to themselves, [P=${P}]`),
    }),
    ...(used.has(AUGMENT_BUFFER) && { [AUGMENT_BUFFER]: augmentBuffer(members) }),
    order: storage(4 * P * submitSamples, `sample indices of a submit, u32 [P=${P}, ${submitSamples}]`),
    seeds: storage(4 * P, `u32 [P=${P}]`),
    hypers: storage(
      tableRows * P * plan.groups * hyperLayout.size,
      `hyper-parameters by step, [${tableRows}, P=${P}${plan.groups > 1 ? `, ${plan.groups}` : ""}]`,
    ),
    metrics: storage(
      (tableRows + plan.gradients) * P * metricTiles * METRICS_BYTES,
      `loss and hits by step, [${tableRows + plan.gradients}, P=${P}, ${metricTiles}]`,
    ),
    range: { bytes: plan.rangeLayout.size, usage: "uniform", what: "what the shuffle fills" },
    step: {
      // The update of a step of several gradients has a row of its own.
      bytes: submitChunks * plan.gradients * STEP_STRIDE,
      usage: "uniform",
      what: `step uniform, ${stepLayout().size} bytes a row`,
    },
  };
}

/** Samples of the larger of the sets that are evaluated. */
export const evaluationCount = ({ testCount, validationCount = 0 }: DataShape): number =>
  Math.max(testCount, validationCount);

/** A plan's optimizer: the plan is data, and holds its name alone. */
export function optimizerOf({ recipe }: Plan): Optimizer {
  return findOptimizer(recipe.optimizer.name) as Optimizer;
}
