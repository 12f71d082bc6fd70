import { z } from "zod";
import { findLoss } from "../nn/loss/registry.ts";
import { findOptimizer } from "../optim/registry.ts";
import type { Fault } from "./scheduleField.ts";

/** Noise on gradients, with the paper's numbers. */
export const gradientNoiseField = z.strictObject({
  eta: z.number().positive().default(0.01).describe("variance in the first step"),
  gamma: z.number().min(0).default(0.55).describe("how fast it dies down: it falls as (1 + t)^-gamma"),
});

/** Mixtures of samples, with a share of the paper's range for images. */
export const mixupField = z.strictObject({
  alpha: z.number().min(1e-6).default(0.2).describe("shares are Beta(alpha, alpha): near 0 or 1 where it is small"),
});

/** The fields of a recipe that regularise, beside dropout and label smoothing. */
export const regularisationFields = {
  mixup: mixupField.optional().describe("training samples and their labels mixed in pairs, by one share a step"),
  accumulate: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("batches whose mean gradient makes one step; batch norm takes each by itself"),
  l1: z.number().min(0).optional().describe("L1 penalty of weights, added to their gradients; not in the loss"),
  clip_value: z.number().positive().optional().describe("most that any gradient may be, on either side of 0"),
  clip_norm: z.number().positive().optional().describe("largest norm of all gradients together; beyond it they shrink"),
  gradient_noise: gradientNoiseField.optional().describe("normal noise on gradients that dies down"),
  max_norm: z.number().positive().optional().describe("largest norm of each unit's incoming weights, after each step"),
};

/** The part of a recipe that it is about. */
interface Regularised {
  readonly optimizer: { readonly name: string };
  readonly max_norm?: number | undefined;
  readonly batch_size: number | "full";
  readonly accumulate?: number | undefined;
  readonly mixup?: object | undefined;
  readonly loss: { readonly name: string };
}

/** What is wrong with how a recipe regularises. */
export function regularisationFaults(recipe: Regularised): readonly Fault[] {
  const { optimizer, max_norm, batch_size, accumulate = 1, mixup, loss } = recipe;
  const faults: Fault[] = [];
  if (accumulate > 1 && batch_size === "full") {
    const message = "a batch is the whole training set already: give a batch_size, or leave it out";
    faults.push({ path: ["accumulate"], message });
  }
  if (mixup && batch_size === 1) {
    faults.push({ path: ["mixup"], message: "mixes the samples of a batch in pairs: use a batch_size of 2 or more" });
  }
  if (mixup && !findLoss(loss.name)?.softens) {
    const message = `mixes the labels of cross_entropy, and the loss is ${loss.name}: leave one of the two out`;
    faults.push({ path: ["mixup"], message });
  }
  if (max_norm !== undefined && findOptimizer(optimizer.name)?.evaluation) {
    const message = `${optimizer.name} evaluates other weights than those that it would hold: leave one of the two out`;
    faults.push({ path: ["max_norm"], message });
  }
  return faults;
}
