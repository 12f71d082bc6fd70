import { z } from "zod";

// What is kept of a comparison's runs. JSON has numbers that are none as texts.
const measured = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number)]);

/** A model on the test set in the course of its run. */
const evaluationSchema = z.object({
  /** Steps done. */
  step: z.number(),
  /** Of training until there, for one of the models that train side by side: the time of all by their number. */
  seconds: z.number(),
  /** Mean over the epoch until there. */
  train_loss: measured,
  test_loss: measured,
  /** 0..1 */
  test_accuracy: measured,
});

export type Evaluated = z.output<typeof evaluationSchema>;

/** One model's run. */
const seedRunSchema = z.object({
  seed: z.number(),
  test_accuracy: measured,
  test_loss: measured,
  train_loss: measured,
  evaluations: z.array(evaluationSchema),
  /** Training losses, means over the spans of the run that end at `curve_steps`. */
  losses: z.array(measured),
});

export type SeedRun = z.output<typeof seedRunSchema>;

/** A test sample that was taken for another class. */
const mistakeSchema = z.object({
  /** Its place in the test set, from 0. */
  sample: z.number(),
  label: z.number(),
  predicted: z.number(),
  /** Of the predicted class, and of the label: 0..1. */
  probability: measured,
  label_probability: measured,
  loss: measured,
});

export type Mistake = z.output<typeof mistakeSchema>;

/** The models of several seeds that an optimizer trained side by side. */
export const populationSchema = z.object({
  /** The recipe, complete. */
  recipe: z.looseObject({ optimizer: z.looseObject({ name: z.string() }), seed: z.number() }),
  /** The family of matrix kernels, or several. */
  kernels: z.string(),
  train_samples: z.number(),
  steps: z.number(),
  steps_per_epoch: z.number(),
  /** Of the whole population. */
  seconds: z.object({ total: z.number(), train: z.number(), compile: z.number() }),
  curve_steps: z.array(z.number()),
  models: z.array(seedRunSchema),
  /** What the model of the highest accuracy takes test samples for. */
  errors: z
    .object({
      seed: z.number(),
      /** [label][predicted] */
      confusion: z.array(z.array(z.number())),
      /** Those of the highest loss. */
      worst: z.array(mistakeSchema),
    })
    .optional(),
});

export type Population = z.output<typeof populationSchema>;

/** One learning rate on the held out samples. */
export const trialSchema = z.object({
  lr: z.number().optional(),
  val_loss: measured,
  /** 0..1 */
  val_accuracy: measured,
});

export type Trial = z.output<typeof trialSchema>;

/** An optimizer's trials on held out samples. */
export const trialsSchema = z.object({
  trials: z.array(trialSchema),
  seconds: z.object({ total: z.number(), train: z.number(), compile: z.number() }),
});

export type Trials = z.output<typeof trialsSchema>;

/** Keeps what has been finished, so that a comparison that was stopped goes on where it was. */
export interface FinishedRuns {
  /** What was kept under this name with these settings; undefined where nothing was. */
  find(name: string, settings: object): Promise<unknown>;
  keep(name: string, settings: object, result: object): Promise<void>;
}
