import { parseRecipe, type Recipe, RecipeError } from "../train/recipe.ts";

/** What a page takes, wherever the recipe comes from: a link or a file of somebody else must not bring a browser down. */
const MOST = { layers: 12, width: 4096, members: 64, epochs: 1000, steps: 1e7, name: 60 } as const;

/**
 * Checks a recipe for the page, and fills in its defaults.
 * @throws RecipeError with a line for each fault
 */
export function parsePageRecipe(input: unknown): Recipe {
  const recipe = parseRecipe(input);
  const faults = [
    ...(recipe.data === "mnist" ? [] : ["data: the page has mnist alone"]),
    ...(recipe.hidden.length > MOST.layers ? [`hidden: at most ${MOST.layers} layers on this page`] : []),
    ...(recipe.hidden.some((width) => width > MOST.width) ? [`hidden: at most ${MOST.width} wide on this page`] : []),
    ...(membersOf(recipe) > MOST.members ? [`population: at most ${MOST.members} members on this page`] : []),
    ...(recipe.epochs > MOST.epochs ? [`epochs: at most ${MOST.epochs} on this page`] : []),
    ...((recipe.steps ?? 0) > MOST.steps ? [`steps: at most ${MOST.steps} on this page`] : []),
    ...((recipe.name?.length ?? 0) > MOST.name ? [`name: at most ${MOST.name} letters`] : []),
  ];
  if (faults.length > 0) throw new RecipeError(faults.join("\n"));
  return recipe;
}

/** Members of a recipe's population. */
export const membersOf = ({ population, vary }: Recipe): number => vary?.values.length ?? population;

/** The recipe with another learning rate. */
export function withRate(recipe: Recipe, lr: number): Recipe {
  return { ...recipe, optimizer: Object.assign({}, recipe.optimizer, { lr }) };
}
