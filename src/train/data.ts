import { type Dataset, type FileAccess, loadDataset } from "../data/dataset.ts";
import { loadTable, loadTestTable, type Table } from "../data/table.ts";
import { tellsValues } from "./lossField.ts";
import type { Recipe } from "./recipe.ts";
import { isTable } from "./tableFields.ts";

/** The part of a recipe that its data depend on. */
export type DataRecipe = Pick<Recipe, "data" | "loss" | "target" | "test_split" | "data_seed">;

/** Rows of a table that make the test set, where a recipe does not say. */
const TEST_SPLIT = 0.2;

/**
 * Loads a recipe's data: MNIST's files, or a table, which a loss of values such as mse tells values of, and others the classes of a column.
 * @throws Error that names the file that cannot be used and why
 */
export function loadData(recipe: DataRecipe, access: FileAccess): Promise<Dataset> {
  const { data, loss, target = [], test_split: testSplit = TEST_SPLIT, data_seed: seed = 0 } = recipe;
  if (!isTable(data)) return loadDataset(data, access);
  return loadTable(data, access, { target, kind: tellsValues(loss) ? "values" : "classes", testSplit, seed });
}

/**
 * Loads the data to evaluate what was trained on a table: its own test rows, or all rows of another file, either by the means and
 * deviations of training.
 * @param trained the table that a checkpoint keeps
 * @param other a file in place of the recipe's
 * @throws Error where the table has changed since, so that its test rows may have been trained on
 */
export async function loadEvaluationTable(
  recipe: DataRecipe,
  access: FileAccess,
  trained: Table,
  other: string | undefined,
): Promise<Dataset> {
  if (other !== undefined) return loadTestTable(other, access, trained);
  const dataset = await loadData(recipe, access);
  checkTable(dataset.table, trained, recipe.data);
  return dataset;
}

/** @throws Error where a table is not the one that was trained on */
export function checkTable(table: Table | undefined, trained: Table, file: string): void {
  if (JSON.stringify(table) === JSON.stringify(trained)) return;
  throw new Error(
    `${file}: its rows have changed since the run was trained on it, so that what it learned may be among the test rows; ` +
      "put the file back, or evaluate all rows of a new one with --data",
  );
}
