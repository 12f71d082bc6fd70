import type { Dataset } from "../data/dataset.ts";
import { checkFits, mebibytes } from "../gpu/buffers.ts";
import type { Gpu } from "../gpu/device.ts";
import { GpuError } from "../gpu/errors.ts";
import { chooseTiling } from "../gpu/tiling.ts";
import { median, type Timer } from "../gpu/timing.ts";
import { type Chunk, chunksOf } from "../train/chunks.ts";
import { createPacer } from "../train/pacer.ts";
import { makePlan, type Plan } from "../train/plan.ts";
import type { Recipe } from "../train/recipe.ts";
import { selectTiling, type TilingSetting } from "../train/selectTiling.ts";
import { openSession, type Session } from "../train/session.ts";
import { submitChunks } from "../train/submits.ts";
import { shapeOf } from "../train/train.ts";
import { chunksPerStep, flopsPerSample, type KernelTime, timeKernels } from "./kernelTimes.ts";
import type { Peak } from "./peak.ts";

/** What training a recipe costs on an adapter. */
export interface BenchResult {
  readonly widths: readonly number[];
  readonly kernel_family: string;
  readonly parameters: number;
  readonly members: number;
  /** Samples a step and member. */
  readonly batch: number;
  readonly seconds_per_epoch: number;
  /** Over all members. */
  readonly images_per_second: number;
  readonly microseconds_per_step: number;
  readonly dispatches_per_step: number;
  /** Operations of the matrix products of an epoch, over all members, and 10^9 of them a second of training. */
  readonly gflop_per_epoch: number;
  readonly gflops: number;
  /** Of `peak.gflops`. */
  readonly share_of_peak: number;
  /** What the plan allocates. */
  readonly bytes: number;
  /** To compile those kernels of training that this device had not compiled before, and to run each once. */
  readonly compile_seconds: number;
  readonly kernels: readonly KernelTime[];
}

/** How to measure. */
export interface BenchOptions {
  readonly timer: Timer;
  readonly peak: Peak;
  /** How long to train, and how long again to time kernels, roughly: at least a step, and a run of each kernel. */
  readonly seconds: number;
  /** Bytes that all buffers together may take, where the device does not say: a software adapter has the machine's memory. */
  readonly memory?: number;
  /** Which matrix kernels, as in training. */
  readonly tiling?: TilingSetting;
}

/** A recipe that an adapter cannot hold. The message says which buffer does not fit, and why. */
export class MisfitError extends Error {
  override readonly name = "MisfitError";
}

/**
 * Measures the training of a recipe, made and run as `train` does it, for a few steps.
 * @throws MisfitError where the adapter cannot hold it; RecipeError where it does not suit the data; GpuError
 */
export async function benchRecipe(
  gpu: Gpu,
  dataset: Dataset,
  recipe: Recipe,
  options: BenchOptions,
): Promise<BenchResult> {
  const shape = shapeOf(dataset);
  const plan = makePlan(recipe, shape, await selectTiling(gpu, recipe, shape, options.tiling));
  const session = await openFitting(gpu, plan, options.memory);
  try {
    await session.prepare(["init"]);
    session.uploadTrain(dataset.train);
    session.initialise();
    await gpu.device.queue.onSubmittedWorkDone();
    const begun = performance.now();
    await session.prepare(["shuffle", "chunk", "update"]);
    const compile_seconds = (performance.now() - begun) / 1000;
    const secondsPerSample = await timeTraining(session, options.seconds);
    const kernels = await timeKernels(gpu, session, options.timer, options.peak, options.seconds);
    const { model, members, batch, stages, data } = plan;
    const gflops = flopsPerSample(plan) / secondsPerSample / 1e9;
    return {
      widths: [data.inputs, ...recipe.hidden, data.classes],
      kernel_family: plan.tiling,
      parameters: model.arena.tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0),
      members: members.length,
      batch,
      seconds_per_epoch: secondsPerSample * data.trainCount,
      images_per_second: members.length / secondsPerSample,
      microseconds_per_step: 1e6 * secondsPerSample * batch,
      dispatches_per_step: chunksPerStep(plan) * stages.chunk.length + stages.update.length,
      gflop_per_epoch: (flopsPerSample(plan) * data.trainCount) / 1e9,
      gflops,
      share_of_peak: gflops / options.peak.gflops,
      bytes: bytesOf(plan),
      compile_seconds,
      kernels,
    };
  } finally {
    session.destroy();
  }
}

/** The plan of a recipe with the adapter's default kernels: as large as with others. @throws RecipeError where it does not suit the data */
export function planFor(gpu: Gpu, dataset: Dataset, recipe: Recipe): Plan {
  return makePlan(recipe, shapeOf(dataset), chooseTiling(gpu));
}

/** What a plan allocates in all. */
export function bytesOf({ buffers }: Plan): number {
  return Object.values(buffers).reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Refuses a plan that a device cannot hold.
 * @param memory bytes that all buffers together may take
 * @throws MisfitError
 */
export function checkFitting(gpu: Gpu, plan: Plan, memory = Number.POSITIVE_INFINITY): void {
  try {
    checkFits(gpu.device.limits, plan.buffers);
  } catch (cause) {
    throw new MisfitError((cause as Error).message, { cause });
  }
  const bytes = bytesOf(plan);
  if (bytes > memory) {
    throw new MisfitError(
      `its buffers take ${mebibytes(bytes)} in all, but the memory has room for ${mebibytes(memory)}`,
    );
  }
}

async function openFitting(gpu: Gpu, plan: Plan, memory: number | undefined): Promise<Session> {
  checkFitting(gpu, plan, memory);
  try {
    return await openSession(gpu, plan);
  } catch (cause) {
    // The limits were kept: what fails now is the device's memory.
    if (cause instanceof GpuError) throw new MisfitError(cause.message, { cause });
    throw cause;
  }
}

/**
 * Trains for about so many seconds, at least a step, and gives the median over submits of seconds a sample (of every
 * member). Submits are sized, kept in flight and cut at the ends of epochs as in training. The first ones, short and cold,
 * do not count where there are others.
 */
async function timeTraining(session: Session, seconds: number): Promise<number> {
  const { plan } = session;
  const pacer = createPacer(plan.submitChunks);
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;
  const submits: { end: number; secondsPerSample: number }[] = [];
  for (let epoch = 0; submits.length === 0 || elapsed() < seconds; epoch++) {
    const first = epoch * plan.stepsPerEpoch;
    const chunks = wholeSteps(chunksOf(plan, first, first + plan.stepsPerEpoch), () => elapsed() < seconds);
    for await (const done of submitChunks(session, pacer, chunks, undefined, undefined, (work) => work)) {
      submits.push({ end: elapsed(), secondsPerSample: done.seconds / done.samples });
    }
  }
  const warm = submits.slice(1).filter(({ end }) => end > 0.3 * seconds);
  return median((warm.length > 0 ? warm : submits.slice(-1)).map(({ secondsPerSample }) => secondsPerSample));
}

/** The chunks of an epoch's steps until it is time to stop, at least those of its first step. */
function* wholeSteps(chunks: Iterable<Chunk>, goesOn: () => boolean): Generator<Chunk> {
  for (const chunk of chunks) {
    if (chunk.isFirst && chunk.position > 0 && !goesOn()) return;
    yield chunk;
  }
}
