import { z } from "zod";
import { findOptimizer } from "../optim/registry.ts";
import { explain } from "./explain.ts";
import { fields } from "./fields.ts";
import { fullBatchFaults } from "./fullBatch.ts";
import { lossFaults } from "./lossField.ts";
import { plainly } from "./messages.ts";
import { regularisationFaults } from "./regularisationFields.ts";
import { scheduleFaults } from "./scheduleField.ts";
import { tableFaults } from "./tableFields.ts";
import { validationFaults } from "./validationField.ts";

/** A recipe that is not valid. The message names the path, what was given and what is allowed, a line for each fault. */
export class RecipeError extends Error {
  override readonly name = "RecipeError";
}

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
  for (const { path, message } of [...tableFaults(recipe), ...lossFaults(recipe)]) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
  for (const { path, message } of regularisationFaults(recipe)) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
  for (const { path, message } of wrapperFaults(recipe)) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
  for (const { path, message } of fullBatchFaults(recipe)) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
  for (const { path, message } of scheduleFaults(recipe))
    context.addIssue({ code: "custom", path: [...path], message });
});

/** What is wrong with what a recipe puts around its optimizer. */
function wrapperFaults(recipe: Recipe): { path: string[]; message: string }[] {
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
