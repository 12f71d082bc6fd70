import { readShader } from "#platform";
import type { BufferSpec } from "../gpu/buffers.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel } from "../gpu/kernel.ts";
import { reflectStruct, type StructLayout } from "../gpu/reflect.ts";
import type { Tiling } from "../gpu/tiling.ts";
import { choiceOf, type TilingChoice } from "../gpu/tilingChoice.ts";
import { initNetwork } from "../nn/init/network.ts";
import type { Loss } from "../nn/loss/loss.ts";
import { findLoss } from "../nn/loss/registry.ts";
import { MEMBER_SHADER } from "../nn/member.ts";
import { type Mlp, mlp } from "../nn/mlp.ts";
import { averageDispatch } from "../optim/averaging.ts";
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
import { checkData } from "./checkData.ts";
import { checkAverages, checkBatchNorm } from "./checkSizes.ts";
import { type DataShape, statisticsCount } from "./dataShape.ts";
import { type KeptState, keptState } from "./kept.ts";
import { expandMembers, type Member } from "./members.ts";
import { NORMALISE, networkStages } from "./network.ts";
import { planBuffers } from "./planBuffers.ts";
import { type PlanSizes, planSizes } from "./planSizes.ts";
import type { Recipe } from "./recipe.ts";
import { regularise } from "./regularise.ts";
import { trainingGather } from "./trainingGather.ts";
import { type BestSource, bestSource, onValidation, withValidation } from "./validation.ts";

/** Dispatches that run together, in order. */
export type Stage =
  | ("init" | "shuffle" | "chunk" | "again" | "between" | "update" | "sync" | "average")
  | ("view" | "statistics" | "evaluate" | "validate");

/** All that a run does on the GPU, as plain data: what it allocates, and what it dispatches. Needs no device. */
export interface Plan extends PlanSizes {
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
  /** Whether the weights that are evaluated are an average over the steps, in the buffer `average`. */
  readonly averages: boolean;
  /** Training samples by which batch norm's statistics are recomputed where others than the parameters are evaluated. */
  readonly statisticsCount: number;
  /** A member's row of the buffer `views`, where stage "view" makes the weights for evaluation. */
  readonly viewLayout?: StructLayout;
  readonly tiling: string;
  /** Which family of kernels takes which matrix product; a checkpoint keeps it. */
  readonly kernels: TilingChoice;
  /** What a person should know of how that was chosen. */
  readonly note?: string;
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

/** The file whose `struct Range` says what the shuffle fills. */
const SHUFFLE_SHADER = "data/shuffle.wgsl";

/**
 * Compiles a recipe to a plan.
 * @throws RecipeError where the recipe does not suit the data
 */
export function makePlan(recipe: Recipe, given: DataShape, chosen: Tiling): Plan {
  const data = withValidation(recipe, given);
  checkData(recipe, data);
  // A first layer that gathers in its loads reads bytes.
  const tiling = data.features === "f32" ? { ...chosen, fusesGather: false } : chosen;
  const members = expandMembers(recipe);
  // Members share the structure, so that the first one's values stand for it.
  const first = members[0] as Member;
  const { name, ...structure } = first.optimizer;
  const optimizer = findOptimizer(name) as Optimizer;
  const slots = usedSlots(optimizer, structure as Hyper);
  const model = mlp([data.inputs, ...recipe.hidden, data.classes], recipe.activation, {
    norm: recipe.batch_norm ? "batch" : recipe.layer_norm ? "layer" : undefined,
    dropout: first.dropout > 0,
  });
  const P = members.length;
  const sizes = planSizes(recipe, data, P);
  const { batch, chunkRows, evaluateRows } = sizes;
  const site = {
    arena: model.arena,
    members: P,
    groups: recipe.decay === "weights" ? 2 : 1,
    quadsPerThread: tiling.updateQuads,
  };
  const wrapped = wrap(recipe, optimizer, structure as Hyper, site);
  const capacity = Math.max(chunkRows, evaluateRows);
  if (recipe.batch_norm) checkBatchNorm(batch / (recipe.accumulate ?? 1), chunkRows, data);
  // Gradients that add up over chunks are whole only after the last one.
  const hasNorm = recipe.batch_norm || recipe.layer_norm;
  const regularised = regularise(first, site);
  const isPlain = regularised.before.length === 0 && regularised.behind.length === 0;
  const isWhole = batch <= chunkRows && !hasNorm && isPlain && wrapped.gradients === 1;
  const fusesUpdate = tiling.fusesUpdate && isWhole && isElementwise(optimizer, site.groups);
  const gather = trainingGather(data, { members, capacity, rows: chunkRows, normalise: NORMALISE });
  const networkSize = {
    gather,
    members: P,
    capacity,
    chunkRows,
    evaluateRows,
    accumulates: batch > chunkRows,
    loss: findLoss(recipe.loss.name) as Loss,
    smooths: first.label_smoothing > 0,
    mixes: first.mixup !== undefined,
    epilogue: fusesUpdate ? updateEpilogue(optimizer, structure as Hyper) : undefined,
  };
  const network = networkStages(model, data, tiling, networkSize);
  const averages = first.averages.ema !== undefined || first.averages.swa !== undefined;
  if (averages) checkAverages(first, sizes);
  const evaluatedBuffer = optimizer.evaluation ? "seen" : averages ? "average" : wrapped.evaluated;
  const looksElsewhere = evaluatedBuffer !== "params";
  const statistics = looksElsewhere ? network.statistics() : [];
  const evaluated = (dispatch: Dispatch): Dispatch => {
    const { params, ...others } = dispatch.buffers;
    if (!params) return dispatch;
    const running = others.running && looksElsewhere ? { running: "seen_running" } : {};
    return { ...dispatch, buffers: { ...others, ...running, params: evaluatedBuffer } };
  };
  const evaluate = network.evaluate().map(evaluated);
  // A tail keeps logits to itself.
  const { tail, ...tailless } = tiling;
  const logits = tail ? networkStages(model, data, tailless, networkSize).evaluate().map(evaluated) : evaluate;
  const best = bestSource(recipe, data, evaluate);
  const plan = {
    recipe,
    members,
    data,
    model,
    slots,
    kept: keptState(optimizer, structure as Hyper, site, [
      ...wrapped.slots,
      ...(averages ? [{ name: "average", start: "params" } as const] : []),
    ]),
    groups: site.groups,
    gradients: wrapped.gradients,
    syncEvery: wrapped.syncEvery,
    averages,
    statisticsCount: statistics.length > 0 ? statisticsCount(data, capacity) : 0,
    ...(optimizer.evaluation && { viewLayout: viewLayout(optimizer) }),
    tiling: tiling.name,
    kernels: choiceOf(tiling),
    ...(tiling.note !== undefined && { note: tiling.note }),
    ...sizes,
    tableRows: sizes.submitChunks,
    metricTiles: network.metricTiles,
    hyperLayout: hyperLayout(updateKernel(optimizer, structure as Hyper)),
    memberLayout: reflectStruct(readShader(MEMBER_SHADER), "Member"),
    rangeLayout: reflectStruct(readShader(SHUFFLE_SHADER), "Range"),
    stages: {
      init: initNetwork(model, P, recipe.init),
      shuffle: [shuffleDispatch(sizes.submitSamples, P)],
      chunk: network.chunk(),
      again: wrapped.gradients > 1 ? network.again() : [],
      between: wrapped.between,
      update: fusesUpdate
        ? []
        : [
            ...wrapped.before,
            ...regularised.before,
            ...stagesOf(optimizer, structure as Hyper, { ...site, metricTiles: network.metricTiles }),
            ...regularised.behind,
          ],
      sync: wrapped.sync,
      average: averages ? [averageDispatch(site)] : [],
      view: optimizer.evaluation ? [viewDispatch(optimizer, structure as Hyper, site)] : [],
      statistics: statistics.map(evaluated),
      evaluate,
      validate: data.validationCount ? onValidation(evaluate) : [],
    },
    logits: { z: `${model.layers.at(-1)?.name}.y`, stage: logits.slice(0, -1) },
    ...(best && { best }),
  };
  const own = {
    ...(!fusesUpdate && stageBuffers(optimizer, structure as Hyper, site)),
    ...regularised.buffers,
  };
  return { ...plan, buffers: { ...planBuffers(plan, capacity, gather !== undefined || !tiling.fusesGather), ...own } };
}

function shuffleDispatch(samples: number, members: number): Dispatch {
  return {
    label: "shuffle",
    kernel: defineKernel({ shader: SHUFFLE_SHADER, uses: ["lib/random.wgsl"] }),
    buffers: { range: "range", seeds: "seeds", order: "order" },
    workgroups: [Math.min(256, Math.ceil(samples / 64)), 1, members],
  };
}

/** A plan's optimizer: the plan is data, and holds its name alone. */
export function optimizerOf({ recipe }: Plan): Optimizer {
  return findOptimizer(recipe.optimizer.name) as Optimizer;
}
