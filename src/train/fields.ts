import { z } from "zod";
import { MAX_SEED } from "../data/random.ts";
import { activations as allActivations } from "../nn/activation.ts";
import { emaField, swaField } from "../optim/averaging.ts";
import type { Hyper } from "../optim/optimizer.ts";
import { findOptimizer, optimizers } from "../optim/registry.ts";
import { decayField, lookaheadField, samField } from "../optim/wrappers.ts";
import { augmentField } from "./augmentField.ts";
import { initField } from "./initField.ts";
import { lossField } from "./lossField.ts";
import { namedField } from "./namedField.ts";
import { regularisationFields } from "./regularisationFields.ts";
import { scheduleField } from "./scheduleField.ts";
import { tableFields } from "./tableFields.ts";
import { earlyStoppingField, validationField } from "./validationField.ts";
import { varyField } from "./vary.ts";

/** The names of the activations. */
export const activations = allActivations.map(({ name }) => name);

const count = z.number().int().min(1);

/** An optimizer's name with its hyper-parameters; what is left out takes the optimizer's default. */
const optimizerField = namedField<{ readonly name: string } & Hyper>(
  optimizers.map(({ name }) => name),
  (name) => findOptimizer(name)?.hyper,
);

/** The fields of a recipe. It is one JSON object, the same for the command line, Node and a page. */
export const fields = {
  name: z.string().optional().describe("what to call it"),
  data: z.string().min(1).default("mnist").describe("mnist, a folder with IDX files, or a table in a .csv file"),
  ...tableFields,
  hidden: z
    .array(count.max(65536))
    .default([128, 64])
    .describe("widths of the hidden layers; none: softmax regression"),
  activation: z.enum(activations).default("relu").describe("between the layers"),
  batch_norm: z.boolean().default(false).describe("batch norm between each hidden layer and its activation"),
  layer_norm: z.boolean().default(false).describe("layer norm there"),
  dropout: z
    .number()
    .min(0)
    .lt(1, "must be at least 0 and below 1")
    .default(0)
    .describe("share of each hidden layer's outputs that a training step sets to 0"),
  init: initField.prefault("default").describe("how weights start"),
  augment: augmentField.optional().describe("random changes of training images, anew in each step"),
  loss: lossField.prefault("cross_entropy").describe("what training makes small"),
  label_smoothing: z
    .number()
    .min(0)
    .lt(1, "must be at least 0 and below 1")
    .default(0)
    .describe("share of the target that all classes divide among them; the test loss is without"),
  ...regularisationFields,
  optimizer: optimizerField.prefault({ name: "adam" }),
  decay: decayField
    .optional()
    .describe("what weight_decay acts on: all, the default, or weights, not biases and norms' parameters"),
  lookahead: lookaheadField.optional().describe("slow weights beside the optimizer's, which are evaluated"),
  ema: emaField.optional().describe("an exponential moving average of the weights, which is evaluated"),
  swa: swaField.optional().describe("the mean of the weights at points late in the run, which is evaluated"),
  sam: samField.optional().describe("sharpness-aware minimisation: two gradients a step"),
  schedule: scheduleField.optional().describe("the course of the learning rate; without it constant"),
  schedules: z.record(z.string(), scheduleField).optional().describe("of other hyper-parameters, by name"),
  batch_size: z
    .union([count, z.literal("full")])
    .default(100)
    .describe("samples a step; full: the whole training set"),
  epochs: count.default(10),
  steps: count.optional().describe("the planned length in steps; overrides epochs"),
  validation: validationField
    .optional()
    .describe("training samples to hold out, as many of each class in proportion: a share, or a number"),
  validation_seed: z
    .number()
    .int()
    .min(0)
    .max(MAX_SEED)
    .optional()
    .describe("which samples those are; the same for all members, and 0 unless given"),
  early_stopping: earlyStoppingField
    .optional()
    .describe("ends a member's training once a figure no longer gets better, and gives it back its best weights"),
  seed: z.number().int().min(0).max(MAX_SEED).default(0).describe("of start weights, order and all other randomness"),
  population: count.max(65535).default(1).describe("members, seeded seed, seed + 1, ..."),
  vary: varyField.optional().describe("members of one seed that differ in one setting, or in several"),
};

/** The names of a recipe's fields. */
export const recipeFields: readonly string[] = Object.keys(fields);
