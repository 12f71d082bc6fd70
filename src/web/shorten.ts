import { z } from "zod";
import { findInit } from "../nn/init/registry.ts";
import { findLoss } from "../nn/loss/registry.ts";
import { findOptimizer } from "../optim/registry.ts";
import { findSchedule } from "../optim/schedules/registry.ts";
import { parseRecipe, type Recipe, type RecipeInput } from "../train/recipe.ts";
import { type Field, RECIPE_FIELDS } from "./fields.ts";

/** Recipes as a person would write them: what is as it would be anyway is left out. */

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The defaults of a schema's fields, where they have some. */
export function defaultsOf(schema: z.ZodType | undefined): Readonly<Record<string, unknown>> {
  if (!schema) return {};
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as {
    properties?: Record<string, { default?: unknown }>;
  };
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) =>
      property.default === undefined ? [] : [[name, property.default]],
    ),
  );
}

/** A named setting, such as an optimizer's, without what is at its default. */
function shortenNamed(setting: { readonly name: string }, schema: z.ZodType | undefined): { readonly name: string } {
  const defaults = defaultsOf(schema);
  const kept = Object.entries(setting).filter(
    ([key, value]) => key === "name" || (value !== undefined && !same(value, defaults[key])),
  );
  return Object.fromEntries(kept) as { readonly name: string };
}

/** Fields of a recipe that are a name with parameters, and the parameters' schema of a name. */
const NAMED: Readonly<Record<string, (name: string) => z.ZodType | undefined>> = {
  optimizer: (name) => findOptimizer(name)?.hyper,
  schedule: (name) => findSchedule(name)?.parameters,
  init: (name) => findInit(name)?.parameters,
  loss: (name) => findLoss(name)?.parameters,
};

/** A group of settings, such as augment's, without those that are at their default. */
function shortenGroup(settings: object, fields: readonly Field[]): object {
  const usual = (name: string) => fields.find((field) => field.name === name)?.default;
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => !same(value, usual(name))));
}

/** The recipe without what is at its default; `parseRecipe` makes the same recipe of it. */
export function shorten(recipe: Recipe): RecipeInput {
  const standard = parseRecipe({});
  const entries = Object.entries(recipe).flatMap(([key, value]): [string, unknown][] => {
    if (value === undefined || same(value, standard[key as keyof Recipe])) return [];
    const named = NAMED[key];
    if (named)
      return [[key, shortenNamed(value as { readonly name: string }, named((value as { name: string }).name))]];
    const group = RECIPE_FIELDS.find(({ name }) => name === key)?.fields;
    if (group && key !== "vary") return [[key, shortenGroup(value as object, group)]];
    return [[key, value]];
  });
  return Object.fromEntries(entries) as RecipeInput;
}

/** Values in a few letters, for names. */
function brief(value: unknown): string {
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  if (Array.isArray(value)) return value.map(brief).join("-") || "none";
  if (typeof value !== "object" || value === null) return String(value);
  const { name, ...rest } = value as { name?: string };
  const parts = Object.entries(rest).map(([key, own]) => `${key} ${brief(own)}`);
  return [...(name === undefined ? [] : [name]), ...parts].join(" ");
}

/** What a run is called: its own name, or its optimizer and all in which the runs differ. */
export function labelOf(recipe: Recipe, all: readonly Recipe[]): string {
  if (recipe.name) return recipe.name;
  const { name, ...hyper } = shorten(recipe).optimizer ?? { name: recipe.optimizer.name };
  const { lr } = recipe.optimizer;
  const own = Object.entries(hyper).filter(([key]) => key !== "lr");
  const shortened = all.map(shorten) as Record<string, unknown>[];
  const mine = shorten(recipe) as Record<string, unknown>;
  const keys = [...new Set(shortened.flatMap((one) => Object.keys(one)))].filter(
    (key) => !["optimizer", "name"].includes(key) && new Set(shortened.map((one) => JSON.stringify(one[key]))).size > 1,
  );
  const others = keys.flatMap((key) =>
    key in mine ? [`${key.replaceAll("_", " ")} ${mine[key] === true ? "" : brief(mine[key])}`.trim()] : [],
  );
  return [
    `${name}${typeof lr === "number" ? ` ${brief(lr)}` : ""}`,
    ...own.map(([key, value]) => `${key} ${brief(value)}`),
    ...others,
  ].join(", ");
}
