import { type Command, InvalidArgumentError, Option } from "commander";
import { type Axis, parseAxis } from "../lab/sweep/values.ts";
import { PBT_DEFAULTS } from "../lab/tune/pbt.ts";
import { RecipeError } from "../train/recipe.ts";
import { parseFigure } from "./figureOption.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags } from "./recipeOptions.ts";
import { addTilingOptions, type TilingFlags } from "./tilingOptions.ts";
import { parseCount, parseNumber, parseText } from "./values.ts";

/** What the flags of `tune` parse to. */
export interface TuneFlags extends Omit<RecipeFlags, "vary">, TilingFlags {
  readonly adapter: string;
  readonly method: "pbt";
  readonly vary?: readonly Axis[];
  readonly interval: number | "epoch";
  readonly by: "val_loss" | "val_accuracy";
  readonly share: number;
  readonly resample: number;
  readonly tuneSeed: number;
  readonly logEvery: number;
  readonly out?: string;
  readonly resume?: string;
  readonly figure?: string;
  readonly json?: boolean;
}

/** Members unless --population says otherwise. */
export const MEMBERS = 8;

/** Flags that may stand beside --resume: all others are the run's own. */
const BESIDE_RESUME: readonly string[] = ["resume", "adapter", "logEvery", "figure", "json"];

export function addTuneOptions(command: Command): Command {
  addTilingOptions(addAdapterOption(addRecipeOptions(command)));
  const given = (long: string) => command.options.find((option) => option.long === long);
  // The recipe's own flag of that name lists members' values; here it is a range that they move in.
  const vary = given("--vary");
  if (vary) {
    vary.flags = "--vary <PATH=RANGE>";
    vary.description = "a setting to tune, once for each: log(lo,hi), uniform(lo,hi) or int(lo,hi)";
    vary.argParser((text: string, before: readonly Axis[] = []) => [...before, parseAxis(text)]);
  }
  const population = given("--population");
  if (population) population.description = `members, seeded SEED, SEED + 1, ... (default: ${MEMBERS})`;
  const { by, share, resample, seed } = PBT_DEFAULTS;
  return command
    .addOption(new Option("--method <NAME>", "how: pbt, population-based training").choices(["pbt"]).default("pbt"))
    .option("--interval <N|epoch>", "steps from one decision to the next", parseInterval, "epoch")
    .option("--by <val_loss|val_accuracy>", "what members are ranked by", parseBy, by)
    .option("--share <X>", "share of the members that is replaced, and that is copied", parseShare, share)
    .option("--resample <X>", "how likely a copied setting is drawn anew, not moved", parseChance, resample)
    .option("--tune-seed <N>", "what starts and decisions depend on", parseSeed, seed)
    .option("--log-every <N>", "steps from one logged step to the next", parseCount, 50)
    .option("--out <DIR>", "folder of recipe, log and checkpoints (default: runs/ and the time)", parseText)
    .option("--resume <DIR>", "go on with the run in this folder, from its checkpoint", parseText)
    .option(
      "--figure <FILE.svg>",
      "draw how the settings moved here too (default: tune.svg in the folder)",
      parseFigure,
    )
    .option("--json", "print nothing but the result, as one JSON line");
}

/** @throws RecipeError for flags that would change a run that goes on */
export function checkResumeFlags(given: readonly string[]): void {
  const other = given.filter((name) => !BESIDE_RESUME.includes(name));
  if (other.length === 0) return;
  const names = other.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  throw new RecipeError(`--resume takes the run's own settings: leave ${names.join(", ")} out`);
}

function parseInterval(text: string): number | "epoch" {
  return text === "epoch" ? text : parseCount(text);
}

function parseBy(text: string): TuneFlags["by"] {
  if (text === "val_loss" || text === "val_accuracy") return text;
  throw new InvalidArgumentError("must be val_loss or val_accuracy");
}

function parseShare(text: string): number {
  const share = parseNumber(text);
  if (!(share > 0 && share <= 0.5)) throw new InvalidArgumentError(`"${text}" must be above 0, and 0.5 at most`);
  return share;
}

function parseChance(text: string): number {
  const chance = parseNumber(text);
  if (!(chance >= 0 && chance <= 1)) throw new InvalidArgumentError(`"${text}" must be 0 to 1`);
  return chance;
}

function parseSeed(text: string): number {
  const seed = parseNumber(text);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new InvalidArgumentError(`"${text}" must be a whole number from 0 to 4294967295`);
}
