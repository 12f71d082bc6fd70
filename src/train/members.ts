import { type Augment, kindsOf } from "../data/augment.ts";
import type { Hyper, Optimizer } from "../optim/optimizer.ts";
import { findOptimizer } from "../optim/registry.ts";
import { updateStructure } from "../optim/update.ts";
import { recipeFields } from "./fields.ts";
import { suggest } from "./messages.ts";
import { parseRecipe, type Recipe, RecipeError } from "./recipe.ts";
import { parametersOf, type ScheduleSetting, schedulesOf } from "./scheduleField.ts";

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
