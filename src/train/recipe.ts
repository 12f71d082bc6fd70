import { z } from "zod";
import { type Augment, kindsOf } from "../data/augment.ts";
import { activations as allActivations } from "../nn/activation.ts";
import { findInit } from "../nn/init/registry.ts";
import type { Hyper, Optimizer } from "../optim/optimizer.ts";
import { findOptimizer, optimizers } from "../optim/registry.ts";
import { updateStructure } from "../optim/update.ts";
import { decayField, lookaheadField, samField } from "../optim/wrappers.ts";
import { augmentField } from "./augmentField.ts";
import { initField } from "./initField.ts";
import { plainly, suggest } from "./messages.ts";
import { parametersOf, type ScheduleSetting, scheduleFaults, scheduleField, schedulesOf } from "./scheduleField.ts";
import { earlyStoppingField, validationFaults, validationField } from "./validationField.ts";

export { suggest };

/** A recipe that is not valid. The message names the path, what was given and what is allowed, a line for each fault. */
export class RecipeError extends Error {
  override readonly name = "RecipeError";
}

/** The names of the activations. */
export const activations = allActivations.map(({ name }) => name);

const count = z.number().int().min(1);

/** An optimizer's name with its hyper-parameters; what is left out takes the optimizer's default. */
const optimizerField = z
  .looseObject({ name: z.enum(optimizers.map(({ name }) => name)) })
  .transform(({ name, ...given }, context) => {
    const parsed = findOptimizer(name)?.hyper.safeParse(given, { error: plainly });
    if (parsed?.success) return { name, ...parsed.data } as { readonly name: string } & Hyper;
    context.issues.push(...(parsed?.error.issues ?? []).map((issue) => ({ ...issue, input: given }) as never));
    return z.NEVER;
  });

/** A setting of `vary`: one member of the population for each value. */
const varyField = z.strictObject({
  key: z.string().describe("a field of the recipe, else of its optimizer; a dotted path also"),
  values: z.array(z.union([z.number(), z.boolean(), z.string()])).min(1),
});

/** The fields of a recipe. It is one JSON object, the same for the command line, Node and a page. */
const fields = {
  name: z.string().optional().describe("what to call it"),
  data: z.string().min(1).default("mnist").describe("mnist, or a folder with IDX files"),
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
  label_smoothing: z
    .number()
    .min(0)
    .lt(1, "must be at least 0 and below 1")
    .default(0)
    .describe("share of the target that all classes divide among them; the test loss is without"),
  clip_norm: z.number().positive().optional().describe("largest norm of all gradients together; beyond it they shrink"),
  optimizer: optimizerField.prefault({ name: "adam" }),
  decay: decayField
    .optional()
    .describe("what weight_decay acts on: all, the default, or weights, not biases and norms' parameters"),
  lookahead: lookaheadField.optional().describe("slow weights beside the optimizer's, which are evaluated"),
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
    .max(0xffffffff)
    .optional()
    .describe("which samples those are; the same for all members, and 0 unless given"),
  early_stopping: earlyStoppingField
    .optional()
    .describe("ends a member's training once a figure no longer gets better, and gives it back its best weights"),
  seed: z.number().int().min(0).max(0xffffffff).default(0).describe("of start weights, order and all other randomness"),
  population: count.max(65535).default(1).describe("members, seeded seed, seed + 1, ..."),
  vary: varyField.optional().describe("members of one seed that differ in one setting"),
};

/** The names of a recipe's fields. */
export const recipeFields: readonly string[] = Object.keys(fields);

/** The schema of a recipe: strict, with defaults for all that is left out. */
export const recipeSchema = z.strictObject(fields).superRefine((recipe, context) => {
  if (recipe.vary && recipe.population > 1) {
    context.addIssue({ code: "custom", path: ["vary"], message: "population and vary exclude each other: give one" });
  }
  if (recipe.population > 1 && recipe.seed + recipe.population - 1 > 0xffffffff) {
    context.addIssue({ code: "custom", path: ["seed"], message: "the last member's seed would exceed 4294967295" });
  }
  if (recipe.batch_norm && recipe.layer_norm) {
    const message = "batch_norm and layer_norm exclude each other: give one";
    context.addIssue({ code: "custom", path: ["layer_norm"], message });
  }
  if (recipe.hidden.length === 0) {
    for (const field of ["batch_norm", "layer_norm", "dropout"] as const) {
      if (!recipe[field]) continue;
      const message = "stands behind hidden layers, and the network has none: leave it out, or give hidden widths";
      context.addIssue({ code: "custom", path: [field], message });
    }
  }
  for (const { path, message } of validationFaults(recipe)) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
  for (const { path, message } of wrapperFaults(recipe)) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
  for (const { path, message } of scheduleFaults(recipe))
    context.addIssue({ code: "custom", path: [...path], message });
});

/** What is wrong with what a recipe puts around its optimizer. */
function wrapperFaults({ optimizer, decay, lookahead }: Recipe): { path: string[]; message: string }[] {
  const { name } = optimizer;
  return [
    ...(decay === "weights" && !Object.hasOwn(optimizer, "weight_decay")
      ? [{ path: ["decay"], message: `${name} has no weight_decay that could spare some tensors: leave it out` }]
      : []),
    ...(lookahead && findOptimizer(name)?.evaluation
      ? [{ path: ["lookahead"], message: `${name} has weights of its own for evaluation: leave one of the two out` }]
      : []),
  ];
}

/** A recipe as a person writes it: every field may be left out. */
export type RecipeInput = z.input<typeof recipeSchema>;
/** A recipe with every default filled in. */
export type Recipe = z.output<typeof recipeSchema>;

/** What one member of a population has to itself. */
export interface Member {
  readonly seed: number;
  readonly optimizer: { readonly name: string } & Hyper;
  /** The schedules of its scalars, by the scalar's name. */
  readonly schedules: Readonly<Record<string, ScheduleSetting>>;
  readonly dropout: number;
  readonly label_smoothing: number;
  readonly clip_norm?: number;
  readonly augment?: Augment;
}

/** Fields of a recipe, beside its seed, whose value a member may have to itself. */
const OWN_FIELDS = ["dropout", "label_smoothing", "clip_norm"] as const;

/**
 * Checks a recipe and fills in its defaults.
 * @throws RecipeError with a line for each fault
 */
export function parseRecipe(input: unknown): Recipe {
  const parsed = recipeSchema.safeParse(input, { error: plainly });
  if (!parsed.success) throw new RecipeError(parsed.error.issues.map((issue) => explain(issue, input)).join("\n"));
  return parsed.data;
}

/**
 * The members of a recipe's population.
 * @throws RecipeError where `vary` names no setting, or one that changes the structure that members must share
 */
export function expandMembers(recipe: Recipe): readonly Member[] {
  const { seed, optimizer, population, vary } = recipe;
  if (!vary) {
    const member = memberOf(recipe);
    return Array.from({ length: population }, (_, m) => ({ ...member, seed: seed + m }));
  }
  const path = resolveVary(vary.key, recipe);
  const members = vary.values.map((value): Member => {
    const { vary: _, ...single } = recipe;
    try {
      return memberOf(parseRecipe(withValue(single, path, value)));
    } catch (cause) {
      throw new RecipeError(`vary: ${(cause as Error).message}`, { cause });
    }
  });
  const uses = members.map((member) =>
    [OWN_FIELDS.map((field) => !member[field]), member.augment ? kindsOf(member.augment) : []].join("|"),
  );
  if (new Set(uses).size > 1) {
    throw new RecipeError(
      `vary: the values of ${path.join(".")} switch it off for some members, and members must share the network's parts: ` +
        "run 0 apart",
    );
  }
  const structures = new Set(members.map((member) => structureOf(member.optimizer)));
  if (structures.size > 1) {
    throw new RecipeError(
      `vary: the values of ${path.join(".")} change which parts of ${optimizer.name} run, and members must share them: ` +
        "run those values apart",
    );
  }
  return members;
}

function memberOf(recipe: Recipe): Member {
  const { seed, optimizer, dropout, label_smoothing, clip_norm, augment } = recipe;
  const own = { dropout, label_smoothing, ...(clip_norm !== undefined && { clip_norm }), ...(augment && { augment }) };
  return { seed, optimizer, schedules: schedulesOf(recipe), ...own };
}

/** What can vary of a recipe's schedules and changes of images, as dotted paths. */
function pathsOf(recipe: Recipe): string[] {
  const { elastic_sigma: _, ...augment } = recipe.augment ?? {};
  return [...schedulePaths(recipe), ...Object.keys(augment).map((name) => `augment.${name}`)];
}

/** The parameters of a recipe's schedules as dotted paths. */
function schedulePaths({ schedule, schedules = {} }: Recipe): string[] {
  const settings = [...(schedule ? [["schedule", schedule.name] as const] : [])];
  const others = Object.entries(schedules).map(([scalar, { name }]) => [`schedules.${scalar}`, name] as const);
  return [...settings, ...others].flatMap(([path, name]) => parametersOf(name).map((key) => `${path}.${key}`));
}

/** The object with another value at a path. */
function withValue(object: object, [key = "", ...rest]: readonly string[], value: unknown): object {
  const own = (object as Record<string, unknown>)[key];
  return { ...object, [key]: rest.length === 0 ? value : withValue(own as object, rest, value) };
}

function structureOf({ name, ...hyper }: Member["optimizer"]): string {
  return updateStructure(findOptimizer(name) as Optimizer, hyper as Hyper);
}

/** The path that a key of `vary` means: a field of the recipe if one has that name, else the optimizer's. */
function resolveVary(key: string, recipe: Recipe): readonly string[] {
  const { name: _, ...hyper } = recipe.optimizer;
  const own = Object.keys(hyper);
  const parts = key.split(".");
  if (key === "seed" || OWN_FIELDS.some((field) => field === key)) return [key];
  if (recipeFields.includes(key) || key === "augment.elastic_sigma") {
    throw new RecipeError(
      `vary: ${key} is the same for all members of a population, which train in lockstep; ` +
        `what can vary: ${["seed", ...OWN_FIELDS, ...own].join(", ")}. Run other values apart`,
    );
  }
  const path = parts.length === 1 ? `optimizer.${key}` : key;
  const known = ["seed", ...OWN_FIELDS, ...own.map((name) => `optimizer.${name}`), ...pathsOf(recipe)];
  if (path !== "seed" && known.includes(path)) return path.split(".");
  throw new RecipeError(
    `vary: unknown setting "${key}"${suggest(key, parts.length === 1 ? ["seed", ...OWN_FIELDS, ...own] : known)}; known: ${known.join(", ")}`,
  );
}

function explain(issue: z.core.$ZodIssue, input: unknown): string {
  const path = issue.path.map(String).join(".");
  const at = path === "" ? "recipe" : path;
  if (issue.code === "unrecognized_keys") {
    const allowed = allowedKeys(issue.path.map(String), input);
    return issue.keys
      .map((key) => `${at}: unknown field "${key}"${suggest(key, allowed)}; allowed: ${allowed.join(", ")}`)
      .join("\n");
  }
  const given = lookUp(input, issue.path);
  const isPlain = typeof given !== "object" || given === null || Object.keys(given).length === 0;
  const got =
    given === undefined
      ? ""
      : `, got ${isPlain ? JSON.stringify(given) : Array.isArray(given) ? "a list" : "an object"}`;
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    return `${at}: must be one of ${allowed.join(", ")}${got}${typeof given === "string" ? suggest(given, allowed) : ""}`;
  }
  if (at === "batch_size") return `${at}: must be a whole number of at least 1, or "full"${got}`;
  return `${at}: ${issue.message}${issue.code === "custom" && !isPlain ? "" : got}`;
}

function allowedKeys(path: readonly string[], input: unknown): string[] {
  if (path[0] === "optimizer") {
    const name = String(lookUp(input, ["optimizer", "name"]) ?? "adam");
    return Object.keys((findOptimizer(name)?.hyper as { shape?: object } | undefined)?.shape ?? {});
  }
  if (path[0] === "schedule" || (path[0] === "schedules" && path.length > 1)) {
    return [...parametersOf(String(lookUp(input, [...path, "name"])))];
  }
  if (path[0] === "init") {
    const { parameters } = findInit(String(lookUp(input, ["init", "name"]))) ?? {};
    return Object.keys((parameters as { shape?: object } | undefined)?.shape ?? {});
  }
  if (path[0] === "augment") return Object.keys(augmentField.shape);
  if (path[0] === "lookahead") return Object.keys(lookaheadField.shape);
  if (path[0] === "early_stopping") return Object.keys(earlyStoppingField.shape);
  if (path[0] === "sam") return Object.keys(samField.shape);
  return path[0] === "vary" ? Object.keys(varyField.shape) : Object.keys(fields);
}

function lookUp(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    // A text may stand for an object with that name alone.
    (value, key) =>
      typeof value === "string" && key === "name" ? value : (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
}
