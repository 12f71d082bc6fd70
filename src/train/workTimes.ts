import { createBuffer, readBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { type Dispatch, encodeDispatches, type PreparedDispatch, prepareDispatches } from "../gpu/dispatch.ts";
import { GpuError } from "../gpu/errors.ts";
import { compileKernel } from "../gpu/kernel.ts";
import type { Tiling } from "../gpu/tiling.ts";
import { createTimer } from "../gpu/timing.ts";
import {
  type DenseInput,
  type DenseLayer,
  denseBackwardInput,
  denseBackwardWeights,
  denseForward,
} from "../nn/dense.ts";
import { mlp } from "../nn/mlp.ts";
import { roundUp } from "../nn/tensors.ts";
import { gatherDispatch } from "./network.ts";
import { STEP_STRIDE } from "./planBuffers.ts";
import { createStepTable } from "./tables.ts";
import { familiesFor, type Work, workClass } from "./tuning.ts";
import { bytesOf, createScratch, fillScratch, fits, type Scratch } from "./workScratch.ts";

/** How long to time all work, roughly: more only where single runs take longer. */
const SECONDS = 1;
/** Candidates take turns, and the fastest turn counts: what slows one of them slows the others too, or is not its own. */
const TURNS = 3;
/** Families may differ by rounding: a wrong result is off by more than this share of the largest value. */
const SAME = 1e-4;

type Floats = Float32Array<ArrayBuffer>;
type Prepared = readonly PreparedDispatch[];

/** Bytes of a result that are compared. */
const MOST_COMPARED = 2 ** 22;

/** A family's kernel for some work. */
interface Candidate {
  readonly family: string;
  readonly dispatch: Dispatch;
}

/** A candidate that computes what it should. */
interface Run {
  readonly family: string;
  readonly prepared: Prepared;
  readonly rows: number;
  /** The times of its class of work, by family. */
  readonly own: Record<string, number | null>;
}

/**
 * Times work on each family that can do it, one member, on scratch buffers. A family whose kernel the device refuses, or
 * that computes something else than the first, gets null and a sentence. Work that the device cannot hold is left out: the
 * run itself will be refused, and say why.
 * @param families the default first
 */
export async function timeWork(gpu: Gpu, work: readonly Work[], families: readonly Tiling[]) {
  const all = work.filter((one) => fits(gpu, one)).map((one) => ({ one, candidates: candidatesOf(one, families) }));
  const times: Record<string, Record<string, number | null>> = {};
  const problems: string[] = [];
  if (all.length === 0) return { times, problems };
  const owned: GPUBuffer[] = [];
  const timer = createTimer(gpu);
  try {
    const kernels = all.flatMap(({ candidates }) => candidates.map(({ dispatch }) => dispatch.kernel));
    // All compile at once; what fails is told below.
    const compiling = Promise.allSettled(kernels.map((kernel) => compileKernel(gpu, kernel)));
    const scratch = await createScratch(
      gpu,
      all.map(({ one }) => one),
      owned,
    );
    const step = createStep(gpu, owned);
    await compiling;
    const runs: Run[] = [];
    for (const { one, candidates } of all) {
      const name = workClass(one);
      const own: Record<string, number | null> = {};
      times[name] = own;
      fillScratch(gpu, scratch, one);
      step.send([rowOf(one.rows)]);
      let first: { readonly family: string; readonly output: Floats } | undefined;
      for (const { family, dispatch } of candidates) {
        try {
          const prepared = await prepareDispatches(gpu, [dispatch], scratch, owned);
          const output = await resultOf(gpu, prepared, step.group, scratch, one);
          first ??= { family, output };
          if (!agrees(output, first.output)) throw new GpuError(`they compute something else than ${first.family}`);
          runs.push({ own, family, rows: one.rows, prepared });
        } catch (error) {
          if (!(error instanceof GpuError)) throw error;
          own[family] = null;
          problems.push(`${family} kernels are not used for ${name}: ${error.message}`);
        }
      }
    }
    for (let turn = 0; turn < TURNS; turn++) {
      for (const { own, family, rows, prepared } of runs) {
        step.send([rowOf(rows)]);
        const time = 1e6 * (await timer.time(prepared, step.group, SECONDS / runs.length / TURNS));
        // Not 0, which a clock may give for next to nothing.
        own[family] = Math.max(1e-3, Math.min(own[family] ?? Number.POSITIVE_INFINITY, time));
      }
    }
  } finally {
    timer.destroy();
    for (const buffer of owned) buffer.destroy();
  }
  return { times, problems };
}

function createStep(gpu: Gpu, owned: GPUBuffer[]) {
  const buffer = createBuffer(gpu, "step", { bytes: STEP_STRIDE, usage: "uniform", what: "step" });
  owned.push(buffer);
  return createStepTable(gpu, buffer);
}

/** The step of one whole batch. */
const rowOf = (rows: number) => {
  return { members: 1, slot: 0, first: 1, rows, first_row: 0, order_stride: 0, count: 0, inv_batch: 1 / rows };
};

const OUTPUTS = { forward: "y", backwardInput: "dx", backwardWeights: "grads", gather: "x" } as const;

function candidatesOf(work: Work, families: readonly Tiling[]): readonly Candidate[] {
  const { k, rows } = work;
  return familiesFor(work, families).map((tiling) => {
    const shared = { members: 1, capacity: rows, rows };
    if (work.op === "gather") {
      const data = { inputs: k, rowBytes: roundUp(k, 4) };
      const { buffers, ...gather } = gatherDispatch("train", data, shared);
      return { family: tiling.name, dispatch: { ...gather, buffers: { images: "images", order: "order", x: "x" } } };
    }
    const { layers, arena } = mlp([k, work.n], "relu");
    const layer: DenseLayer = { ...(layers[0] as DenseLayer), activation: "relu" };
    const context = { ...shared, tiling, accumulates: work.accumulates, stride: arena.stride };
    const input: DenseInput =
      work.input === "f32"
        ? { kind: "f32", x: "x" }
        : { kind: "u8", images: "images", order: "order", scale: 2 / 255, shift: -1 };
    const dispatch = {
      forward: () => denseForward(layer, input, "y", context),
      backwardInput: () => denseBackwardInput(layer, layer, { x: "x", dx: "dx", dy: "dy" }, context),
      backwardWeights: () => denseBackwardWeights(layer, input, "dy", context),
    }[work.op]();
    return { family: tiling.name, dispatch };
  });
}

/** What a kernel leaves in a buffer, in its first run. */
async function resultOf(gpu: Gpu, dispatches: Prepared, step: GPUBindGroup, scratch: Scratch, work: Work) {
  const name = OUTPUTS[work.op];
  const output = scratch[name] as GPUBuffer;
  await scoped(gpu, "the first run of a kernel", () => {
    const encoder = gpu.device.createCommandEncoder();
    encoder.clearBuffer(output);
    const pass = encoder.beginComputePass();
    pass.setBindGroup(0, step, [0]);
    encodeDispatches(pass, dispatches);
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
  });
  return new Float32Array(await readBuffer(gpu, output, 0, Math.min(bytesOf(work, name), MOST_COMPARED)));
}

function agrees(got: Floats, expected: Floats): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return got.every((value, i) => Math.abs(value - (expected[i] as number)) <= SAME * largest);
}
