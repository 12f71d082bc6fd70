import { z } from "zod";
import { type Dispatch, loopGroups } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";
import { MEMBER_STEP_BUFFER, MEMBER_STEP_SHADER } from "../nn/member.ts";
import type { Site } from "./optimizer.ts";

// Averages of the parameters over a run's steps, which are evaluated in their place.

/** An exponential moving average of the weights. */
export const emaField = z.strictObject({
  decay: z
    .number()
    .min(0)
    .lt(1, "must be at least 0 and below 1")
    .default(0.999)
    .describe("share of the average that a step leaves"),
  warmup: z
    .boolean()
    .default(true)
    .describe("after t steps at most (1 + t) / (10 + t), so that the start is soon forgotten"),
});

/** Stochastic weight averaging: the mean of points late in the run. */
export const swaField = z.strictObject({
  start: z
    .number()
    .min(0)
    .lt(1, "must be at least 0 and below 1")
    .default(0.75)
    .describe("share of the run before the first point"),
  every: z
    .union([z.number().int().min(1), z.literal("epoch")])
    .default("epoch")
    .describe("steps from one point to the next, or epoch: at the end of each"),
});

/** What a member averages; both are never given. */
export interface Averages {
  readonly ema?: z.output<typeof emaField>;
  readonly swa?: z.output<typeof swaField>;
}

/** A run's length, in steps. */
interface Length {
  readonly steps: number;
  readonly stepsPerEpoch: number;
}

/** Points of a stochastic weight average up to step t, from 1. */
export function pointsAt({ start, every }: z.output<typeof swaField>, t: number, { steps, stepsPerEpoch }: Length) {
  const pitch = every === "epoch" ? stepsPerEpoch : every;
  const before = Math.floor((start * steps) / pitch);
  return Math.max(0, Math.floor(t / pitch) - before);
}

/**
 * How far the average goes to the parameters after step t, from 1: a function of t alone, so that a run that goes on from a
 * checkpoint takes the same.
 * @returns 0 where it stays
 */
export function averageRate({ ema, swa }: Averages, t: number, length: Length): number {
  if (ema) return 1 - (ema.warmup ? Math.min(ema.decay, (1 + t) / (10 + t)) : ema.decay);
  if (!swa) return 0;
  const points = pointsAt(swa, t, length);
  return points > pointsAt(swa, t - 1, length) ? 1 / points : 0;
}

/** Whether the average is of nothing yet after t steps, so that the parameters stand for it. */
export const isBeforeAverage = ({ swa }: Averages, t: number, length: Length): boolean =>
  t === 0 || (swa !== undefined && pointsAt(swa, t, length) === 0);

/** The average (`average` [P, stride]) takes the step's parameters in, at each member's rate in the table of its steps. */
export function averageDispatch({ arena, members, quadsPerThread }: Site): Dispatch {
  const quads = arena.stride / 4;
  return {
    label: "average",
    kernel: defineKernel({ shader: "optim/average.wgsl", uses: [STEP_SHADER, MEMBER_STEP_SHADER] }),
    buffers: { [MEMBER_STEP_BUFFER]: MEMBER_STEP_BUFFER, params: "params", average: "average" },
    shape: { quads },
    workgroups: loopGroups(quads, members, quadsPerThread),
    bytes: 12 * arena.stride,
  };
}
