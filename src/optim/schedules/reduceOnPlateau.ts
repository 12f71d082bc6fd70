import { z } from "zod";
import { decay, defineSchedule, warmupOnly } from "./schedule.ts";

interface Criterion {
  readonly monitor: string;
  readonly mode?: "min" | "max" | undefined;
  readonly threshold: number;
  readonly threshold_mode: "rel" | "abs";
}

/**
 * As torch.optim.lr_scheduler.ReduceLROnPlateau, once an epoch. Each member of a population listens to its own figures.
 * Epochs that end within the warm-up do not count.
 */
export const reduceOnPlateau = defineSchedule({
  name: "reduce_on_plateau",
  summary: "falls by a factor when a figure no longer gets better",
  formula: "x <- max(x factor, min_lr) after more than patience epochs without a better figure",
  source: "torch.optim.lr_scheduler.ReduceLROnPlateau",
  parameters: z.strictObject({
    monitor: z
      .enum(["test_loss", "test_accuracy", "train_loss", "val_loss", "val_accuracy"])
      .default("test_loss")
      .describe("the figure, taken after each epoch"),
    mode: z
      .enum(["min", "max"])
      .optional()
      .describe("whether a smaller or a larger figure is better; without it max for accuracies, else min"),
    factor: decay("factor of a fall").lt(1, "must be below 1").default(0.1),
    patience: z.number().int().min(0).default(10).describe("epochs without a better figure before a fall"),
    threshold: z.number().min(0).default(1e-4).describe("how much better counts"),
    threshold_mode: z
      .enum(["rel", "abs"])
      .default("rel")
      .describe("threshold as a share of the best figure, or itself"),
    cooldown: z.number().int().min(0).default(0).describe("epochs after a fall that do not count"),
    min_lr: z.number().min(0).default(0).describe("least value"),
    eps: z.number().min(0).default(1e-8).describe("a fall by no more than this is left out"),
    ...warmupOnly,
  }),
  range: ({ min_lr }, base) => [Math.min(min_lr, base), base],
  value: (_, base, __, state) => state?.value ?? base,
  feedback: {
    monitor: ({ monitor }) => monitor,
    start: (parameters, base) => ({
      value: base,
      best: modeOf(parameters) === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
      bad_epochs: 0,
      cooldown: 0,
    }),
    observe(parameters, { value = 0, best = 0, bad_epochs = 0, cooldown = 0 }, figure) {
      const { factor, patience, min_lr, eps } = parameters;
      const better = isBetter(parameters, figure, best);
      const isCooling = cooldown > 0;
      const bad = better || isCooling ? 0 : bad_epochs + 1;
      const state = { value, best: better ? figure : best, bad_epochs: bad, cooldown: isCooling ? cooldown - 1 : 0 };
      if (bad <= patience) return state;
      const lower = Math.max(value * factor, min_lr);
      return { ...state, value: value - lower > eps ? lower : value, bad_epochs: 0, cooldown: parameters.cooldown };
    },
  },
});

const modeOf = ({ mode, monitor }: Criterion) => mode ?? (monitor.endsWith("accuracy") ? "max" : "min");

function isBetter(criterion: Criterion, figure: number, best: number): boolean {
  const { threshold, threshold_mode } = criterion;
  if (modeOf(criterion) === "min") {
    return figure < (threshold_mode === "rel" ? best * (1 - threshold) : best - threshold);
  }
  return figure > (threshold_mode === "rel" ? best * (1 + threshold) : best + threshold);
}
