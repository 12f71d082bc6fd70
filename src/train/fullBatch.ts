import { findOptimizer } from "../optim/registry.ts";
import type { Fault } from "./scheduleField.ts";

/** Fields that change the loss or the gradient from step to step, or the length of steps. */
const UNSUITED = {
  augment: "other images in each step are another loss",
  clip_norm: "a clipped gradient is not the loss's",
  clip_value: "a clipped gradient is not the loss's",
  l1: "its penalty is in the gradients, not in the loss",
  gradient_noise: "noise makes a gradient that is not the loss's",
  sam: "a gradient from elsewhere is not the loss's",
  schedule: "the line search finds the length of each step",
} as const;

/** The part of a recipe that it is about. */
interface Losses extends Partial<Readonly<Record<keyof typeof UNSUITED, unknown>>> {
  readonly optimizer: { readonly name: string };
  readonly batch_size: number | "full";
  readonly dropout: number;
  readonly schedules?: object | undefined;
}

/** What does not go with an optimizer that compares the loss from step to step: see `needsLoss`. */
export function fullBatchFaults(recipe: Losses): readonly Fault[] {
  const { optimizer, batch_size, dropout, schedules } = recipe;
  const { name } = optimizer;
  if (!findOptimizer(name)?.needsLoss) return [];
  const faults: Fault[] = [];
  if (batch_size !== "full") {
    const message = `${name} compares the loss from step to step, so that each must take all samples: give "full"`;
    faults.push({ path: ["batch_size"], message });
  }
  if (dropout > 0) {
    faults.push({
      path: ["dropout"],
      message: `${name} needs one loss throughout: dropout makes another in each step`,
    });
  }
  for (const [field, reason] of Object.entries(UNSUITED)) {
    if (recipe[field as keyof typeof UNSUITED] === undefined) continue;
    faults.push({ path: [field], message: `does not go with ${name}: ${reason}; leave it out` });
  }
  if (Object.keys(schedules ?? {}).length > 0) {
    faults.push({ path: ["schedules"], message: `does not go with ${name}: ${UNSUITED.schedule}; leave it out` });
  }
  return faults;
}
