import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError, Option } from "commander";
import { inits } from "../nn/init/registry.ts";
import { losses } from "../nn/loss/registry.ts";
import { optimizers } from "../optim/registry.ts";
import { augmentFields } from "../train/augmentField.ts";
import { activations, recipeFields } from "../train/fields.ts";
import { suggest } from "../train/messages.ts";
import { parseRecipe, type Recipe, RecipeError, type RecipeInput } from "../train/recipe.ts";
import { addRegularisationOptions, type RegularisationFlags } from "./regularisationOptions.ts";
import { addScheduleOption, type ScheduleFlags } from "./scheduleOption.ts";
import { addTableOptions, type TableFlags } from "./tableOptions.ts";
import { addValidationOptions, type ValidationFlags } from "./validationOptions.ts";
import { parseNamed, parseNumber, parseSettings, parseText, parseValue } from "./values.ts";
import { addWrapperOptions, type WrapperFlags } from "./wrapperOptions.ts";

/** The folder of named recipes. */
const RECIPES = fileURLToPath(new URL("../recipes/", import.meta.url));

/** What the recipe flags parse to; each is absent unless given. */
export interface RecipeFlags extends WrapperFlags, ValidationFlags, RegularisationFlags, TableFlags {
  readonly recipe?: string;
  readonly data?: string;
  readonly hidden?: number[];
  readonly activation?: string;
  readonly batchNorm?: boolean;
  readonly layerNorm?: boolean;
  readonly dropout?: number;
  readonly init?: Record<string, unknown>;
  readonly augment?: Record<string, unknown>;
  readonly loss?: Record<string, unknown>;
  readonly labelSmoothing?: number;
  readonly optimizer?: Record<string, unknown>;
  readonly schedule?: ScheduleFlags;
  readonly batchSize?: number | "full";
  readonly epochs?: number;
  readonly steps?: number;
  readonly seed?: number;
  readonly population?: number;
  readonly vary?: { key: string; values: (number | boolean | string)[] };
}

/** The flags that set fields of a recipe, the same for every command that takes one. */
export function addRecipeOptions(command: Command): Command {
  const option = (flags: string, text: string, parse?: (value: string) => unknown) => {
    const made = new Option(flags, text);
    command.addOption(parse ? made.argParser(parse) : made);
  };
  const initNames = inits.map(({ name }) => name).join(", ");
  const optimizerNames = optimizers.map(({ name }) => name).join(", ");
  option("--recipe <FILE.json|NAME>", `a recipe to start from: a file, or ${recipeNames().join(", ")}`);
  option(
    "--data <mnist|DIR|FILE.csv>",
    "the data set: mnist, a folder with IDX files, also .gz, or a table with a header (default: mnist)",
  );
  addTableOptions(command);
  option("--hidden <WIDTHS>", "widths of the hidden layers; none: softmax regression (default: 128,64)", parseWidths);
  option("--activation <NAME>", `activation between the layers: ${activations.join(", ")} (default: relu)`);
  option("--batch-norm", "batch norm between each hidden layer and its activation");
  option("--layer-norm", "layer norm there");
  option("--dropout <X>", "share of hidden outputs that a training step sets to 0, below 1 (default: 0)", parseNumber);
  option("--init <NAME[:key=value,...]>", `how weights start: ${initNames} (default: default)`, parseNamed);
  option(
    "--augment <key=value,...>",
    `random changes of training images: ${augmentFields.join(", ")} (default: none)`,
    parseSettings,
  );
  option(
    "--loss <NAME[:key=value,...]>",
    `what training makes small: ${losses.map(({ name }) => name).join(", ")} (default: cross_entropy)`,
    parseNamed,
  );
  option("--label-smoothing <X>", "share of the target that all classes divide among them (default: 0)", parseNumber);
  addRegularisationOptions(command);
  option(
    "--optimizer <NAME[:key=value,...]>",
    `${optimizerNames}; with hyper-parameters as in adam:lr=0.01,beta1=0.8 (default: adam)`,
    parseNamed,
  );
  addWrapperOptions(command);
  addScheduleOption(command);
  option("--batch-size <N|full>", "samples a step; full: the whole training set (default: 100)", (value) =>
    // What is no number either goes on to the recipe's check, which says what may be.
    Number.isNaN(Number(value)) ? value : parseNumber(value),
  );
  option("--epochs <N>", "passes over the training set (default: 10)", parseNumber);
  option("--steps <N>", "planned length in steps; overrides --epochs", parseNumber);
  addValidationOptions(command);
  option("--seed <N>", "seed of start weights, order and all other randomness (default: 0)", parseNumber);
  option("--population <N>", "members trained side by side, seeded SEED, SEED + 1, ... (default: 1)", parseNumber);
  option("--vary <key=v1,v2,...>", "a member for each value of one setting, such as lr=0.1,0.01", parseVary);
  return command;
}

/**
 * The recipe of a command line: the named or given one, each flag in the place of its field.
 * @throws RecipeError
 */
export function recipeOf(flags: RecipeFlags): Recipe {
  const base = flags.recipe === undefined ? {} : readRecipe(flags.recipe);
  const { recipe: _, schedule, ...fields } = flags;
  const named = Object.entries(fields).map(([name, value]) => [snakeCase(name), value] as const);
  const given = { ...Object.fromEntries(named), ...schedule };
  // Only the fields of a recipe; the command's other flags stay out of it.
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => recipeFields.includes(name)));
  return parseRecipe({ ...base, ...own });
}

/** `batch_size` of `batchSize`: a recipe's field of its flag. */
const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Names of the recipes that come with Downhill. */
function recipeNames(): string[] {
  return readdirSync(RECIPES).flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -".json".length)] : []));
}

/**
 * Reads a recipe by its name, or from a file.
 * @throws RecipeError that names it
 */
export function readRecipe(nameOrFile: string): RecipeInput {
  const isFile = nameOrFile.endsWith(".json") || nameOrFile.includes("/");
  const path = isFile ? nameOrFile : `${RECIPES}${nameOrFile}.json`;
  if (!existsSync(path)) {
    if (isFile) throw new RecipeError(`--recipe ${nameOrFile}: no such file`);
    const names = recipeNames();
    throw new RecipeError(
      `--recipe: no recipe is named "${nameOrFile}"${suggest(nameOrFile, names)}; there is ${names.join(", ")}. ` +
        "A file's name ends in .json",
    );
  }
  const fail = (why: string, cause?: unknown): never => {
    throw new RecipeError(`--recipe ${nameOrFile}: ${why}`, { cause });
  };
  if (statSync(path).isDirectory()) return fail("it is a folder; give the recipe.json in it");
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    return fail(`cannot be read as JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    return fail("a recipe is one JSON object");
  try {
    parseRecipe(parsed);
  } catch (cause) {
    return fail((cause as Error).message, cause);
  }
  return parsed as RecipeInput;
}

/** The flag that every command with a device has. */
export function addAdapterOption(
  command: Command,
  text = "the adapter to run on: TEXT is a part of its name",
): Command {
  return command.option("--adapter <auto|hardware|software|TEXT>", text, parseText, "auto");
}

function parseWidths(text: string): number[] {
  return text === "none" || text === "" ? [] : text.split(",").map(parseNumber);
}

/** `lr=0.1,0.01` */
function parseVary(text: string): RecipeFlags["vary"] {
  const [key = "", values, ...more] = text.split("=");
  if (key === "" || !values || more.length > 0) throw new InvalidArgumentError(`"${text}" must be key=v1,v2,...`);
  return { key, values: values.split(",").map(parseValue) };
}
