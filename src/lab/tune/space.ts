import { random4, uniform01 } from "../../data/random.ts";
import { findSchedule } from "../../optim/schedules/registry.ts";
import { expandMembers, recipeWith, resolveVary } from "../../train/members.ts";
import { parseRecipe, type Recipe, RecipeError } from "../../train/recipe.ts";
import { type Axis, tidy } from "../sweep/values.ts";

/** A setting that is tuned, and its range. */
export interface Range {
  /** Dotted, as a recipe's `vary` has it. */
  readonly path: string;
  readonly scale: "log" | "uniform" | "int";
  readonly low: number;
  readonly high: number;
}

/** Apart from all that training and sweeps draw. */
const [PURPOSE_ORDER, PURPOSE_START] = [0xf1, 0xf2];

/** Digits of a drawn value that matter, so that a log reads well. */
export const DIGITS = 4;

/**
 * What is tuned of a recipe.
 * @throws RecipeError where it cannot be, or is no range
 */
export function rangesOf(base: Recipe, axes: readonly Axis[]): Range[] {
  if (axes.length === 0) {
    throw new RecipeError("--vary: give at least one setting to tune, such as --vary lr=log(1e-4,1e-1)");
  }
  const ranges = axes.map(({ path: key, values }): Range => {
    const path = resolveVary(key, base).join(".");
    if (path === "seed") throw new RecipeError("--vary seed: members differ in their seeds anyway; leave it out");
    if (values.kind === "list") {
      throw new RecipeError(
        `--vary ${key}: a member's value moves inside of a range: give log(lo,hi), uniform(lo,hi) or int(lo,hi)`,
      );
    }
    return { path, scale: values.scale, low: values.low, high: values.high };
  });
  const twice = ranges.find(({ path }, i) => ranges.findIndex((other) => other.path === path) !== i);
  if (twice) throw new RecipeError(`--vary ${twice.path}: it is given twice`);
  return ranges;
}

/**
 * Whether a recipe's members can be tuned.
 * @throws RecipeError that says what is in the way
 */
export function checkTuned(base: Recipe, by: "val_loss" | "val_accuracy", axes: readonly Axis[]): void {
  const { population, validation, early_stopping, schedule, schedules = {}, optimizer } = base;
  if (population < 2) {
    throw new RecipeError(`--population ${population}: members learn from each other: give at least 2`);
  }
  if (validation === 0) throw new RecipeError("--validation 0: members are ranked on held out samples: hold some out");
  if (early_stopping)
    throw new RecipeError("--early-stopping: poor members are replaced, and none stops: leave it out");
  const listens = Object.values({ schedule, ...schedules }).find((own) => own && findSchedule(own.name)?.feedback);
  if (listens) {
    throw new RecipeError(
      `schedule: ${listens.name} listens to a member that others take the place of: take another one`,
    );
  }
  for (const { path } of axes) {
    if (path.startsWith("loss.") && by === "val_loss") {
      throw new RecipeError(`--vary ${path}: it changes the loss that members are ranked by: give --by val_accuracy`);
    }
    if (["lr", "optimizer.lr"].includes(path) && optimizer.name === "rprop") {
      throw new RecipeError(`--vary ${path}: rprop reads lr at its start alone, so it cannot be tuned: leave it out`);
    }
  }
}

/** A value of a range at a share of it, 0 to 1. */
export function valueAt({ scale, low, high }: Range, share: number): number {
  if (scale === "int") return Math.min(high, low + Math.floor(share * (high - low + 1)));
  const value = scale === "log" ? low * (high / low) ** share : low + share * (high - low);
  return Math.min(high, Math.max(low, tidy(value, DIGITS)));
}

/**
 * The values that members start with, [P][ranges]: of each range one from each of P equal parts, in a random order, so that
 * few members still cover it (a Latin hypercube).
 */
export function startValues(ranges: readonly Range[], members: number, seed: number): number[][] {
  const columns = ranges.map((range, axis) => {
    const key = (m: number) => random4(seed, PURPOSE_ORDER, axis, m)[0];
    const parts = Array.from({ length: members }, (_, m) => m).sort((a, b) => key(a) - key(b) || a - b);
    return parts.map((part, m) => {
      const within = uniform01(random4(seed, PURPOSE_START, axis, m)[0]);
      return valueAt(range, (part + within) / members);
    });
  });
  return Array.from({ length: members }, (_, m) => columns.map((column) => column[m] as number));
}

/**
 * The recipe of a population whose members have these values: seeds SEED, SEED + 1, ..., and `vary` for the rest.
 * @throws RecipeError where a value cannot be, or a range has values that change which parts of the network run
 */
export function populationRecipe(
  base: Recipe,
  ranges: readonly Range[],
  values: readonly (readonly number[])[],
): Recipe {
  const { population: _, ...single } = base;
  const keys = ["seed", ...ranges.map(({ path }) => path)];
  const rows = values.map((row, m) => [base.seed + m, ...row]);
  // What lies at the ends of a range may be reached.
  const ends = (["low", "high"] as const).map((end) => [base.seed, ...ranges.map((range) => range[end])]);
  expandMembers(parseRecipe({ ...single, vary: { keys, values: [...rows, ...ends] } }));
  return parseRecipe({ ...single, vary: { keys, values: rows } });
}

/** The recipe of one member of that population, alone, with the values that it has by now. */
export const memberRecipe = (recipe: Recipe, row: readonly (number | boolean | string)[]): Recipe =>
  recipeWith(recipe, row);
