import { type Augment, kindsOf } from "../data/augment.ts";
import type { Averages } from "../optim/averaging.ts";
import type { Hyper, Optimizer } from "../optim/optimizer.ts";
import { findOptimizer } from "../optim/registry.ts";
import { updateStructure } from "../optim/update.ts";
import { recipeFields } from "./fields.ts";
import type { LossSetting } from "./lossField.ts";
import { suggest } from "./messages.ts";
import { parseRecipe, type Recipe, RecipeError } from "./recipe.ts";
import { parametersOf, type ScheduleSetting, schedulesOf } from "./scheduleField.ts";
import { type VaryValue, varyKeys, varyRows } from "./vary.ts";

/** What one member of a population has to itself. */
export interface Member {
  readonly seed: number;
  readonly optimizer: { readonly name: string } & Hyper;
  /** The schedules of its scalars, by the scalar's name. */
  readonly schedules: Readonly<Record<string, ScheduleSetting>>;
  readonly dropout: number;
  readonly label_smoothing: number;
  readonly l1?: number;
  readonly clip_value?: number;
  readonly clip_norm?: number;
  readonly max_norm?: number;
  readonly gradient_noise?: NonNullable<Recipe["gradient_noise"]>;
  readonly mixup?: NonNullable<Recipe["mixup"]>;
  readonly loss: LossSetting;
  readonly augment?: Augment;
  readonly averages: Averages;
}

/** Fields of a recipe, beside its seed, whose value a member may have to itself. */
const OWN_FIELDS = ["dropout", "label_smoothing", "l1", "clip_value", "clip_norm", "max_norm"] as const;
/** Fields with settings inside, each of which a member may have to itself: `gradient_noise.eta`. */
const OWN_OBJECTS = ["gradient_noise", "mixup", "loss"] as const;

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
  const paths = varyKeys(vary).map((key) => resolveVary(key, recipe));
  const name = paths.map((path) => path.join(".")).join(", ");
  if (new Set(paths.map(String)).size < paths.length) throw new RecipeError(`vary: ${name} names a setting twice`);
  const members = varyRows(vary).map((row) => memberOf(recipeWith(recipe, row)));
  const uses = members.map((member) =>
    [
      [...OWN_FIELDS, ...OWN_OBJECTS].map((field) => !member[field]),
      member.augment ? kindsOf(member.augment) : [],
    ].join("|"),
  );
  if (new Set(uses).size > 1) {
    throw new RecipeError(
      `vary: the values of ${name} switch it off for some members, and members must share the network's parts: ` +
        "run 0 apart",
    );
  }
  const structures = new Set(members.map((member) => structureOf(member.optimizer)));
  if (structures.size > 1) {
    throw new RecipeError(
      `vary: the values of ${name} change which parts of ${optimizer.name} run, and members must share them: ` +
        "run those values apart",
    );
  }
  return members;
}

/**
 * The recipe of one member alone.
 * @param recipe with a `vary`
 * @param row its values of the settings that vary
 * @throws RecipeError where they are out of range
 */
export function recipeWith({ vary, ...single }: Recipe, row: readonly VaryValue[]): Recipe {
  const paths = vary ? varyKeys(vary).map((key) => resolveVary(key, single)) : [];
  try {
    return parseRecipe(paths.reduce((own, path, i) => withValue(own, path, row[i]), single as object));
  } catch (cause) {
    throw new RecipeError(`vary: ${(cause as Error).message}`, { cause });
  }
}

/** What the member has to itself whose recipe this is. */
export function memberOf(recipe: Recipe): Member {
  const { seed, optimizer, augment, ema, swa } = recipe;
  const averages = { ...(ema && { ema }), ...(swa && { swa }) };
  const own = [...OWN_FIELDS, ...OWN_OBJECTS].flatMap((field) =>
    recipe[field] === undefined ? [] : [[field, recipe[field]]],
  );
  const others = { averages, ...(augment && { augment }) };
  return { seed, optimizer, schedules: schedulesOf(recipe), ...others, ...Object.fromEntries(own) };
}

/** What can vary of a recipe's schedules, changes of images and fields with settings inside, as dotted paths. */
function pathsOf(recipe: Recipe): string[] {
  const { elastic_sigma: _, ...augment } = recipe.augment ?? {};
  const inside = OWN_OBJECTS.map((field) => [field, recipe[field] ?? {}] as const);
  const paths = [["augment", augment] as const, ["ema", recipe.ema ?? {}] as const, ...inside].flatMap(
    ([field, settings]) => Object.keys(settings).flatMap((name) => (name === "name" ? [] : [`${field}.${name}`])),
  );
  return [...schedulePaths(recipe), ...paths];
}

/** The parameters of a recipe's schedules as dotted paths. */
function schedulePaths({ schedule, schedules = {} }: Recipe): string[] {
  const settings = [...(schedule ? [["schedule", schedule.name] as const] : [])];
  const others = Object.entries(schedules).map(([scalar, { name }]) => [`schedules.${scalar}`, name] as const);
  return [...settings, ...others].flatMap(([path, name]) => parametersOf(name).map((key) => `${path}.${key}`));
}

/** The object with another value at a path. */
export function withValue(object: object, [key = "", ...rest]: readonly string[], value: unknown): object {
  const own = (object as Record<string, unknown>)[key];
  return { ...object, [key]: rest.length === 0 ? value : withValue(own as object, rest, value) };
}

function structureOf({ name, ...hyper }: Member["optimizer"]): string {
  return updateStructure(findOptimizer(name) as Optimizer, hyper as Hyper);
}

/** The path that a key of `vary` means: a field of the recipe if one has that name, else the optimizer's. */
export function resolveVary(key: string, recipe: Recipe): readonly string[] {
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
