import { expandMembers, resolveVary } from "../../train/members.ts";
import { parseRecipe, type Recipe, RecipeError } from "../../train/recipe.ts";
import type { VaryValue } from "../../train/vary.ts";
import type { Leg } from "./halving.ts";
import type { TrialRecord } from "./trials.ts";

/** Legs that run side by side, as members of one population. */
export interface Group {
  readonly legs: readonly Leg[];
  /** The recipe of the population, a member for each leg in order. */
  readonly recipe: Recipe;
}

/** A trial's recipe without what members may have to themselves, and the values of that. */
interface Split {
  readonly frame: string;
  readonly keys: readonly string[];
  readonly row: readonly VaryValue[];
}

/**
 * Packs legs into populations: those whose recipes differ only in settings that members may have to themselves, that have one
 * structure, and that go on from one position to one epoch. Every leg is in one of them, in the order of the first one's.
 * @param keys paths of the settings that the sweep varies
 * @param records what is done of them
 * @param capacity the most members that a recipe can have
 */
export function packLegs(
  legs: readonly Leg[],
  keys: readonly string[],
  records: ReadonlyMap<string, TrialRecord>,
  capacity: (recipe: Recipe, wanted: number) => number,
): Group[] {
  interface Open {
    readonly legs: Leg[];
    readonly keys: readonly string[];
    readonly rows: (readonly VaryValue[])[];
  }
  const all: Open[] = [];
  const byFrame = new Map<string, Open[]>();
  for (const leg of legs) {
    const { recipe } = leg.trial;
    const split = splitRecipe(recipe, keys);
    const { step = 0, evaluated = true, kernels = "" } = records.get(leg.trial.key) ?? {};
    const frame = JSON.stringify([split.frame, leg.until, step, evaluated, step > 0 ? kernels : ""]);
    const candidates = byFrame.get(frame) ?? [];
    byFrame.set(frame, candidates);
    let open = candidates.find(({ legs: [first], rows: [row] }) => {
      return shareStructure((first as Leg).trial.recipe, split.keys, [row as readonly VaryValue[], split.row]);
    });
    if (!open) {
      open = { legs: [], keys: split.keys, rows: [] };
      candidates.push(open);
      all.push(open);
    }
    open.legs.push(leg);
    open.rows.push(split.row);
  }
  return all.flatMap(({ legs: own, keys: varied, rows }) => {
    const { recipe } = (own[0] as Leg).trial;
    const most = own.length === 1 ? 1 : Math.max(1, capacity(recipe, own.length));
    const groups: Group[] = [];
    for (let at = 0; at < own.length; at += most) {
      const part = own.slice(at, at + most);
      const first = (part[0] as Leg).trial.recipe;
      groups.push({ legs: part, recipe: populationOf(first, varied, rows.slice(at, at + most)) });
    }
    return groups;
  });
}

/** The recipe whose members differ in some settings. */
function populationOf(recipe: Recipe, keys: readonly string[], rows: readonly (readonly VaryValue[])[]): Recipe {
  if (rows.length === 1) return recipe;
  return parseRecipe({ ...recipe, vary: { keys: [...keys], values: rows.map((row) => [...row]) } });
}

/** Takes a recipe apart into what a population shares and what its members have. */
export function splitRecipe(recipe: Recipe, paths: readonly string[]): Split {
  const keys: string[] = [];
  const row: VaryValue[] = [];
  let frame: object = recipe;
  for (const key of new Set([...paths, "seed"])) {
    const path = memberPath(key, recipe);
    const value = path?.reduce<unknown>((own, name) => (own as Record<string, unknown> | undefined)?.[name], recipe);
    if (!path || value === undefined || typeof value === "object") continue;
    keys.push(key);
    row.push(value as VaryValue);
    frame = blanked(frame, path);
  }
  return { frame: JSON.stringify(frame), keys, row };
}

function memberPath(key: string, recipe: Recipe): readonly string[] | undefined {
  try {
    return resolveVary(key, recipe);
  } catch (error) {
    if (error instanceof RecipeError) return undefined;
    throw error;
  }
}

function blanked(object: object, [key = "", ...rest]: readonly string[]): object {
  const own = (object as Record<string, unknown>)[key];
  return { ...object, [key]: rest.length === 0 ? null : blanked(own as object, rest) };
}

/** Whether members with these values have the same parts: it holds between any two of a group where it does with the first. */
function shareStructure(recipe: Recipe, keys: readonly string[], rows: readonly (readonly VaryValue[])[]): boolean {
  try {
    expandMembers(populationOf(recipe, keys, rows));
    return true;
  } catch (error) {
    if (error instanceof RecipeError) return false;
    throw error;
  }
}
