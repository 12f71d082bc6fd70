import type { Gpu } from "../gpu/device.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import type { Timer } from "../gpu/timing.ts";
import type { Plan, Stage } from "../train/plan.ts";
import type { Session } from "../train/session.ts";
import { measureStream, type Peak } from "./peak.ts";

/** How long one dispatch of a step takes, and how near that is to what the adapter can do. */
export interface KernelTime {
  readonly label: string;
  readonly shader: string;
  readonly workgroups: readonly [number, number, number];
  /** How often a step dispatches it: several times where a batch is worked through in chunks. */
  readonly per_step: number;
  readonly microseconds: number;
  /** Of a matrix product: its operations, and 10^9 of them a second. */
  readonly flops?: number;
  readonly gflops?: number;
  /** Of an update: the bytes it moves, and 10^9 of them a second. */
  readonly bytes?: number;
  readonly gigabytes_per_second?: number;
  /** Of the peak of multiply-adds, or for an update of a copy of as many bytes: 1 is all of it. */
  readonly share_of_peak?: number;
}

/** The stages of a step. The shuffle, one dispatch a submit of many steps, is left out. */
const STAGES = ["chunk", "update"] as const satisfies readonly Stage[];

/** Chunks that a batch is worked through in. */
export const chunksPerStep = ({ batch, chunkRows }: Plan): number => Math.ceil(batch / chunkRows);

/**
 * Floating-point operations of the matrix products of training on one sample, over all members: forward, gradients of the
 * weights, and of the input of every layer but the first. A product of [rows, k] and [k, n] counts 2 rows k n.
 */
export function flopsPerSample({ stages, chunkRows, members }: Plan): number {
  return (members.length * stages.chunk.reduce((sum, { flops = 0 }) => sum + flops, 0)) / chunkRows;
}

/**
 * Times every dispatch of a step by itself, on the tables and the state that training left. It changes the parameters.
 * @param seconds how long to measure all of them, roughly
 */
export async function timeKernels(
  gpu: Gpu,
  session: Session,
  timer: Timer,
  peak: Peak,
  seconds: number,
): Promise<KernelTime[]> {
  const { plan, stepGroup } = session;
  const count = STAGES.reduce((sum, stage) => sum + plan.stages[stage].length, 0);
  const times: KernelTime[] = [];
  for (const stage of STAGES) {
    const prepared = session.prepared(stage);
    if (stage === "update") session.write("grads", liveGradients(plan));
    for (const [i, dispatch] of plan.stages[stage].entries()) {
      const own = prepared.slice(i, i + 1);
      const time = await timer.time(own, stepGroup, seconds / count);
      const rate = await rateOf(dispatch, plan.members.length, time, peak, (bytes) =>
        measureStream(gpu, timer, bytes, seconds / count),
      );
      times.push({
        label: dispatch.label,
        shader: dispatch.kernel.shader,
        workgroups: dispatch.workgroups,
        per_step: stage === "chunk" ? chunksPerStep(plan) : 1,
        microseconds: 1e6 * time,
        ...rate,
      });
    }
  }
  return times;
}

/**
 * Gradients for the update to run on many times over. Under those of one batch, many of them 0, averages decay to subnormal
 * numbers (lavapipe, batch 10: a quarter of them after 600 runs), which CPUs are slower on.
 */
function liveGradients({ buffers }: Plan): Float32Array<ArrayBuffer> {
  return new Float32Array((buffers.grads?.bytes ?? 0) / 4).fill(1e-3);
}

async function rateOf(
  dispatch: Dispatch,
  members: number,
  seconds: number,
  peak: Peak,
  stream: (bytes: number) => Promise<number>,
): Promise<Partial<KernelTime>> {
  if (dispatch.flops !== undefined) {
    const flops = members * dispatch.flops;
    const gflops = flops / seconds / 1e9;
    return { flops, gflops, share_of_peak: gflops / peak.gflops };
  }
  if (dispatch.bytes !== undefined) {
    const bytes = members * dispatch.bytes;
    const gigabytes_per_second = bytes / seconds / 1e9;
    // A small network's update runs in caches, far above what the memory gives: a copy of its size is the fair measure.
    return { bytes, gigabytes_per_second, share_of_peak: gigabytes_per_second / (await stream(bytes)) };
  }
  return {};
}
