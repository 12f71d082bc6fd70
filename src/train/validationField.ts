import { z } from "zod";
import type { Fault } from "./scheduleField.ts";

/** How many training samples are held out: a share of them below 1, or a number; 0 for none. */
export const validationField = z
  .number()
  .min(0)
  .refine((value) => value < 1 || Number.isInteger(value), "must be a share below 1 or a whole number of samples");

/** When a member of the population stops before the run's end. */
export const earlyStoppingField = z.strictObject({
  patience: z.number().int().min(1).default(5).describe("epochs in a row without a better figure after which it stops"),
  min_delta: z.number().min(0).default(0).describe("the figure is better only where it is so by more than this"),
  monitor: z
    .enum(["val_loss", "val_accuracy", "train_loss"])
    .default("val_loss")
    .describe("the figure, taken after each epoch"),
});

/** The settings of early stopping, complete. */
export type EarlyStopping = z.output<typeof earlyStoppingField>;

/** The part of a recipe that validation is about. */
export interface Validated {
  readonly validation?: number | undefined;
  readonly validation_seed?: number | undefined;
  readonly early_stopping?: EarlyStopping | undefined;
  readonly schedule?: { readonly name: string; readonly monitor?: unknown } | undefined;
  readonly schedules?: Readonly<Record<string, { readonly name: string; readonly monitor?: unknown }>> | undefined;
}

/** The figures that a recipe's parts listen to, and where it says so. */
export function monitorsOf({ early_stopping, schedule, schedules = {} }: Validated) {
  const listeners = [
    { path: ["early_stopping", "monitor"], monitor: early_stopping?.monitor },
    { path: ["schedule", "monitor"], monitor: schedule?.monitor },
    ...Object.entries(schedules).map(([name, { monitor }]) => ({ path: ["schedules", name, "monitor"], monitor })),
  ];
  return listeners.flatMap(({ path, monitor }) => (typeof monitor === "string" ? [{ path, monitor }] : []));
}

/** What listens to validation samples where a recipe has none. */
export function validationFaults({ validation = 0, ...recipe }: Validated): readonly Fault[] {
  if (validation > 0) return [];
  const faults = monitorsOf(recipe).flatMap(({ path, monitor }) => {
    if (!monitor.startsWith("val_")) return [];
    const message = `${monitor} is taken on held out samples, and there are none: give validation, such as 0.1 or 5000`;
    return [{ path, message }];
  });
  if (recipe.validation_seed === undefined) return faults;
  return [
    ...faults,
    { path: ["validation_seed"], message: "no samples are held out: give validation, or leave it out" },
  ];
}

/** How many of `total` training samples a recipe holds out. A share is rounded, and at least one sample. */
export function validationCount({ validation = 0 }: Validated, total: number): number {
  return validation > 0 && validation < 1 ? Math.max(1, Math.round(validation * total)) : validation;
}
