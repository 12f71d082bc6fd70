import { z } from "zod";
import { MAX_SEED } from "../data/random.ts";
import { findOptimizer } from "../optim/registry.ts";
import { explain } from "./explain.ts";
import { fields } from "./fields.ts";
import { fullBatchFaults } from "./fullBatch.ts";
import { lossFaults } from "./lossField.ts";
import { plainly } from "./messages.ts";
import { regularisationFaults } from "./regularisationFields.ts";
import { type Fault, scheduleFaults } from "./scheduleField.ts";
import { tableFaults } from "./tableFields.ts";
import { validationFaults } from "./validationField.ts";

/** A recipe that is not valid. The message names the path, what was given and what is allowed, a line for each fault. */
export class RecipeError extends Error {
  override readonly name = "RecipeError";
}

/** The schema of a recipe: strict, with defaults for all that is left out. */
export const recipeSchema = z.strictObject(fields).superRefine((recipe, context) => {
  const faults = [
    ...memberFaults(recipe),
    ...networkFaults(recipe),
    ...validationFaults(recipe),
    ...tableFaults(recipe),
    ...lossFaults(recipe),
    ...regularisationFaults(recipe),
    ...wrapperFaults(recipe),
    ...fullBatchFaults(recipe),
    ...scheduleFaults(recipe),
  ];
  for (const { path, message } of faults) context.addIssue({ code: "custom", path: [...path], message });
});

/** What is wrong with a recipe's population. */
function memberFaults({ vary, population, seed }: Recipe): readonly Fault[] {
  return [
    ...(vary && population > 1
      ? [{ path: ["vary"], message: "population and vary exclude each other: give one" }]
      : []),
    ...(population > 1 && seed + population - 1 > MAX_SEED
      ? [{ path: ["seed"], message: "the last member's seed would exceed 4294967295" }]
      : []),
  ];
}

/** What does not go together in a recipe's network. */
function networkFaults(recipe: Recipe): readonly Fault[] {
  const { batch_norm, layer_norm, hidden } = recipe;
  const behind = (["batch_norm", "layer_norm", "dropout"] as const).filter((field) => recipe[field]);
  const message = "stands behind hidden layers, and the network has none: leave it out, or give hidden widths";
  return [
    ...(batch_norm && layer_norm
      ? [{ path: ["layer_norm"], message: "batch_norm and layer_norm exclude each other: give one" }]
      : []),
    ...(hidden.length === 0 ? behind.map((field) => ({ path: [field], message })) : []),
  ];
}

/** What is wrong with what a recipe puts around its optimizer. */
function wrapperFaults(recipe: Recipe): readonly Fault[] {
  const { name } = recipe.optimizer;
  const views = (["lookahead", "ema", "swa"] as const).filter((field) => recipe[field]);
  const [first, second] = views;
  return [
    ...(recipe.decay === "weights" && !Object.hasOwn(recipe.optimizer, "weight_decay")
      ? [{ path: ["decay"], message: `${name} has no weight_decay that could spare some tensors: leave it out` }]
      : []),
    ...(first && findOptimizer(name)?.evaluation
      ? [{ path: [first], message: `${name} has weights of its own for evaluation: leave one of the two out` }]
      : []),
    ...(first && second
      ? [{ path: [second], message: `${first} also brings the weights that are evaluated: leave one of the two out` }]
      : []),
  ];
}

/** A recipe as a person writes it: every field may be left out. */
export type RecipeInput = z.input<typeof recipeSchema>;
/** A recipe with every default filled in. */
export type Recipe = z.output<typeof recipeSchema>;

/**
 * Checks a recipe and fills in its defaults.
 * @throws RecipeError with a line for each fault
 */
export function parseRecipe(input: unknown): Recipe {
  const parsed = recipeSchema.safeParse(input, { error: plainly });
  if (!parsed.success) throw new RecipeError(parsed.error.issues.map((issue) => explain(issue, input)).join("\n"));
  return parsed.data;
}
