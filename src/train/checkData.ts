import type { Loss } from "../nn/loss/loss.ts";
import { findLoss } from "../nn/loss/registry.ts";
import type { DataShape } from "./dataShape.ts";
import { type Recipe, RecipeError } from "./recipe.ts";
import { monitorsOf } from "./validationField.ts";

/** @throws RecipeError where a recipe asks of the data what they do not have */
export function checkData(recipe: Recipe, { targets = "classes" }: DataShape): void {
  const loss = findLoss(recipe.loss.name) as Loss;
  if (!loss.targets.includes(targets)) {
    throw new RecipeError(
      `loss: ${loss.name} is one of ${loss.targets.join(" or ")}, and the data have ${targets}: take mse`,
    );
  }
  if (targets === "classes") return;
  const wrong = monitorsOf(recipe).find(({ monitor }) => monitor.endsWith("_accuracy"));
  if (!wrong) return;
  throw new RecipeError(
    `${wrong.path.join(".")}: ${wrong.monitor} is a share of classes told right, and these data have values: take a loss`,
  );
}
