import type { Dispatch } from "../gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../gpu/kernel.ts";

/** Ways to put members' predictions together, in the order of their rows behind the members'. */
export const ENSEMBLE_METHODS = ["mean", "vote", "geometric"] as const;
export type EnsembleMethod = (typeof ENSEMBLE_METHODS)[number];

/** Bytes of an entry of the table `outcomes`: the winning class (u32), its probability and the label's loss (f32). */
export const OUTCOME_BYTES = 12;

/** What the table is made for. */
export interface PredictionSize {
  readonly classes: number;
  readonly capacity: number;
  readonly members: number;
  /** Most samples of a chunk, and samples of the set. */
  readonly rows: number;
  readonly count: number;
}

/**
 * What each member makes of a chunk's logits z [P, capacity, ceil4(classes)], and, where there are several, what they make of it
 * together: rows of `outcomes` [P + methods, count].
 * @param names the plan's buffers; logP, of z's size, is overwritten
 */
export function predictions(
  names: { readonly z: string; readonly logP: string; readonly labels: string; readonly outcomes: string },
  { classes, capacity, members, rows, count }: PredictionSize,
): Dispatch[] {
  const classes4 = Math.ceil(classes / 4);
  const shape = { classes, classes4, z_stride: capacity * classes4, count };
  const { z, logP: log_p, labels, outcomes } = names;
  const kernelOf = (shader: string) => defineKernel({ shader, uses: [STEP_SHADER, "metrics/outcome.wgsl"] });
  const groups = Math.ceil(rows / 64);
  return [
    {
      label: "predict",
      kernel: kernelOf("metrics/predict.wgsl"),
      buffers: { z, labels, log_p, outcomes },
      shape,
      workgroups: [groups, 1, members],
    },
    {
      label: "ensemble",
      kernel: kernelOf("metrics/ensemble.wgsl"),
      buffers: { labels, log_p, outcomes },
      shape,
      workgroups: [groups, 1, 1],
    },
  ];
}
