import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import type { Hyper, Optimizer } from "../optim/optimizer.ts";
import { findOptimizer, optimizers } from "../optim/registry.ts";
import { updateStructure } from "../optim/update.ts";

/** A recipe that is not valid. The message names the path, what was given and what is allowed, a line for each fault. */
export class RecipeError extends Error {
  override readonly name = "RecipeError";
}

export const activations = ["relu"] as const;

const count = z.number().int().min(1);

/** An optimizer's name with its hyper-parameters; what is left out takes the optimizer's default. */
const optimizerField = z
  .looseObject({ name: z.enum(optimizers.map(({ name }) => name)) })
  .transform(({ name, ...given }, context) => {
    const parsed = findOptimizer(name)?.hyper.safeParse(given, { error: plainly });
    if (parsed?.success) return { name, ...parsed.data } as { readonly name: string } & Hyper;
    context.issues.push(...(parsed?.error.issues ?? []).map((issue) => ({ ...issue, input: given }) as never));
    return z.NEVER;
  });

/** A setting of `vary`: one member of the population for each value. */
const varyField = z.strictObject({
  key: z.string().describe("a field of the recipe, else of its optimizer; a dotted path also"),
  values: z.array(z.union([z.number(), z.boolean(), z.string()])).min(1),
});

/** The fields of a recipe. It is one JSON object, the same for the command line, Node and a page. */
const fields = {
  name: z.string().optional().describe("what to call it"),
  data: z.string().min(1).default("mnist").describe("mnist, or a folder with IDX files"),
  hidden: z
    .array(count.max(65536))
    .default([128, 64])
    .describe("widths of the hidden layers; none: softmax regression"),
  activation: z.enum(activations).default("relu").describe("between the layers"),
  optimizer: optimizerField.prefault({ name: "adam" }),
  batch_size: z
    .union([count, z.literal("full")])
    .default(100)
    .describe("samples a step; full: the whole training set"),
  epochs: count.default(10),
  steps: count.optional().describe("the planned length in steps; overrides epochs"),
  seed: z.number().int().min(0).max(0xffffffff).default(0).describe("of start weights, order and all other randomness"),
  population: count.max(65535).default(1).describe("members, seeded seed, seed + 1, ..."),
  vary: varyField.optional().describe("members of one seed that differ in one setting"),
};

/** The names of a recipe's fields. */
export const recipeFields: readonly string[] = Object.keys(fields);

/** The schema of a recipe: strict, with defaults for all that is left out. */
export const recipeSchema = z.strictObject(fields).superRefine((recipe, context) => {
  if (recipe.vary && recipe.population > 1) {
    context.addIssue({ code: "custom", path: ["vary"], message: "population and vary exclude each other: give one" });
  }
  if (recipe.population > 1 && recipe.seed + recipe.population - 1 > 0xffffffff) {
    context.addIssue({ code: "custom", path: ["seed"], message: "the last member's seed would exceed 4294967295" });
  }
});

/** A recipe as a person writes it: every field may be left out. */
export type RecipeInput = z.input<typeof recipeSchema>;
/** A recipe with every default filled in. */
export type Recipe = z.output<typeof recipeSchema>;

/** What one member of a population has to itself. */
export interface Member {
  readonly seed: number;
  readonly optimizer: { readonly name: string } & Hyper;
}

/**
 * Checks a recipe and fills in its defaults.
 * @throws RecipeError with a line for each fault
 */
export function parseRecipe(input: unknown): Recipe {
  const parsed = recipeSchema.safeParse(input, { error: plainly });
  if (!parsed.success) throw new RecipeError(parsed.error.issues.map((issue) => explain(issue, input)).join("\n"));
  return parsed.data;
}

/**
 * The members of a recipe's population.
 * @throws RecipeError where `vary` names no setting, or one that changes the structure that members must share
 */
export function expandMembers(recipe: Recipe): readonly Member[] {
  const { seed, optimizer, population, vary } = recipe;
  if (!vary) return Array.from({ length: population }, (_, m) => ({ seed: seed + m, optimizer }));
  const path = resolveVary(vary.key, recipe);
  const members = vary.values.map((value): Member => {
    const { vary: _, ...single } = recipe;
    const changed =
      path.length === 2
        ? { ...single, optimizer: { ...optimizer, [path[1] as string]: value } }
        : { ...single, [path[0] as string]: value };
    try {
      const member = parseRecipe(changed);
      return { seed: member.seed, optimizer: member.optimizer };
    } catch (cause) {
      throw new RecipeError(`vary: ${(cause as Error).message}`, { cause });
    }
  });
  const structures = new Set(members.map((member) => structureOf(member.optimizer)));
  if (structures.size > 1) {
    throw new RecipeError(
      `vary: the values of ${path.join(".")} change which parts of ${optimizer.name} run, and members must share them: ` +
        "run those values apart",
    );
  }
  return members;
}

function structureOf({ name, ...hyper }: Member["optimizer"]): string {
  return updateStructure(findOptimizer(name) as Optimizer, hyper as Hyper);
}

/** The path that a key of `vary` means: a field of the recipe if one has that name, else the optimizer's. */
function resolveVary(key: string, recipe: Recipe): readonly string[] {
  const { name: _, ...hyper } = recipe.optimizer;
  const own = Object.keys(hyper);
  const parts = key.split(".");
  if (key === "seed") return ["seed"];
  if (recipeFields.includes(key)) {
    throw new RecipeError(
      `vary: ${key} is the same for all members of a population, which train in lockstep; ` +
        `what can vary: ${["seed", ...own].join(", ")}. Run other values apart`,
    );
  }
  const [head, tail] = parts.length === 1 ? ["optimizer", key] : parts;
  if (head === "optimizer" && tail !== undefined && parts.length <= 2 && own.includes(tail)) return [head, tail];
  const known = ["seed", ...own.map((name) => `optimizer.${name}`)];
  throw new RecipeError(`vary: unknown setting "${key}"${suggest(key, ["seed", ...own])}; known: ${known.join(", ")}`);
}

/** `; did you mean "..."?` where a known name is near enough, else nothing. */
export function suggest(given: string, known: readonly string[]): string {
  if (known.length === 0) return "";
  const nearest = closest(given, known);
  return distance(given, nearest) <= Math.max(2, given.length / 3) ? ` (did you mean "${nearest}"?)` : "";
}

function explain(issue: z.core.$ZodIssue, input: unknown): string {
  const path = issue.path.map(String).join(".");
  const at = path === "" ? "recipe" : path;
  if (issue.code === "unrecognized_keys") {
    const allowed = allowedKeys(issue.path.map(String), input);
    return issue.keys
      .map((key) => `${at}: unknown field "${key}"${suggest(key, allowed)}; allowed: ${allowed.join(", ")}`)
      .join("\n");
  }
  const given = lookUp(input, issue.path);
  const isPlain = typeof given !== "object" || given === null || Object.keys(given).length === 0;
  const got =
    given === undefined
      ? ""
      : `, got ${isPlain ? JSON.stringify(given) : Array.isArray(given) ? "a list" : "an object"}`;
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    return `${at}: must be one of ${allowed.join(", ")}${got}${typeof given === "string" ? suggest(given, allowed) : ""}`;
  }
  if (at === "batch_size") return `${at}: must be a whole number of at least 1, or "full"${got}`;
  return `${at}: ${issue.message}${issue.code === "custom" && !isPlain ? "" : got}`;
}

const TYPES: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  string: "a text",
  array: "a list",
  object: "an object with fields",
};

/** What a schema asks for, in plain words; a schema's own words come first, and undefined leaves zod's. */
function plainly(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_type") {
    return issue.input === undefined ? "is missing" : `must be ${TYPES[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === "invalid_union") return "must be a number, true or false, or a text";
  if (issue.code !== "too_small" && issue.code !== "too_big") return undefined;
  if (issue.origin === "array" || issue.origin === "string") return "must not be empty";
  const bound = issue.code === "too_small" ? issue.minimum : issue.maximum;
  const [inclusive, exclusive] = issue.code === "too_small" ? ["at least", "above"] : ["at most", "below"];
  return `must be ${issue.inclusive ? inclusive : exclusive} ${bound}`;
}

function allowedKeys(path: readonly string[], input: unknown): string[] {
  if (path[0] === "optimizer") {
    const name = String(lookUp(input, ["optimizer", "name"]) ?? "adam");
    return Object.keys((findOptimizer(name)?.hyper as { shape?: object } | undefined)?.shape ?? {});
  }
  return path[0] === "vary" ? Object.keys(varyField.shape) : Object.keys(fields);
}

function lookUp(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input);
}
