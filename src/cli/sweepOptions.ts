import { type Command, InvalidArgumentError } from "commander";
import type { Halving } from "../lab/sweep/halving.ts";
import type { Figure } from "../lab/sweep/trials.ts";
import { type Axis, parseAxis, VALUE_SYNTAX } from "../lab/sweep/values.ts";
import { suggest } from "../train/messages.ts";
import { RecipeError } from "../train/recipe.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags } from "./recipeOptions.ts";
import { addTilingOptions, type TilingFlags } from "./tilingOptions.ts";
import { parseCount, parseNumber, parseText } from "./values.ts";

/** What the flags of `sweep` parse to. */
export interface SweepFlags extends Omit<RecipeFlags, "vary">, TilingFlags {
  readonly adapter: string;
  readonly vary?: readonly Axis[];
  readonly random?: number;
  readonly sweepSeed?: number;
  readonly asha?: Halving;
  readonly budget?: number;
  readonly by: Figure;
  readonly members?: number;
  readonly out?: string;
  readonly test: boolean;
  readonly json?: boolean;
}

export function addSweepOptions(command: Command): Command {
  addTilingOptions(addAdapterOption(addRecipeOptions(command)));
  // The recipe's own flag of that name is one population's; here it says what trials differ in.
  const vary = command.options.find(({ long }) => long === "--vary");
  if (vary) {
    vary.flags = "--vary <PATH=VALUES>";
    vary.description = `a setting to try, once for each: ${VALUE_SYNTAX}`;
    vary.argParser((text: string, before: readonly Axis[] = []) => [...before, parseAxis(text)]);
  }
  return command
    .option("--random <N>", "draw N settings at random in place of all combinations", parseCount)
    .option("--sweep-seed <N>", "what the random settings depend on (default: 0)", parseNumber)
    .option(
      "--asha <eta=N,min_epochs=N>",
      "stop poor settings early: of those at min_epochs the better 1 / eta go on to eta times as many, and so on",
      parseHalving,
    )
    .option("--budget <EPOCHS>", "epochs to train, over all trials; settings beyond it do not run", parseBudget)
    .option("--by <val_loss|val_accuracy>", "what settings are compared by", parseFigureName, "val_loss")
    .option("--members <N>", "most trials to train side by side (default: as many as the adapter carries)", parseCount)
    .option("--out <DIR>", "folder of the trials; one that has some goes on (default: runs/sweep-TIME)", parseText)
    .option("--no-test", "do not train the best setting once more to look at the test set")
    .option("--json", "print nothing but the results, as one JSON line");
}

/** @throws RecipeError for flags that do not go together */
export function checkSweepFlags({ random, sweepSeed, asha, steps, vary = [] }: SweepFlags): void {
  if (sweepSeed !== undefined && random === undefined) {
    throw new RecipeError("--sweep-seed: it is about random search: give --random N too, or leave it out");
  }
  if (sweepSeed !== undefined && !(Number.isInteger(sweepSeed) && sweepSeed >= 0 && sweepSeed < 2 ** 32)) {
    throw new RecipeError(`--sweep-seed ${sweepSeed}: must be a whole number from 0 to 4294967295`);
  }
  if (asha && steps !== undefined)
    throw new RecipeError("--asha: its rungs are epochs: give --epochs in place of --steps");
  const length = asha && vary.find(({ path }) => path === "epochs" || path === "steps");
  if (length) throw new RecipeError(`--asha: trials must be of one length: leave --vary ${length.path} out`);
}

/** `eta=3,min_epochs=1` */
function parseHalving(text: string): Halving {
  const found: { eta: number; min_epochs: number } = { eta: 3, min_epochs: 1 };
  const keys = Object.keys(found);
  for (const part of text.split(",")) {
    const [key = "", value, ...more] = part.split("=");
    if (!keys.includes(key) || value === undefined || more.length > 0) {
      throw new InvalidArgumentError(`"${part}"${suggest(key, keys)} must be eta=N or min_epochs=N`);
    }
    found[key as keyof typeof found] = parseNumber(value);
  }
  if (!(found.eta > 1)) throw new InvalidArgumentError("eta must be above 1");
  if (!Number.isInteger(found.min_epochs) || found.min_epochs < 1) {
    throw new InvalidArgumentError("min_epochs must be a whole number, 1 or more");
  }
  return found;
}

function parseBudget(text: string): number {
  const budget = parseNumber(text);
  if (budget <= 0) throw new InvalidArgumentError(`"${text}" must be above 0`);
  return budget;
}

function parseFigureName(text: string): Figure {
  if (text === "val_loss" || text === "val_accuracy") return text;
  throw new InvalidArgumentError(`must be val_loss or val_accuracy${suggest(text, ["val_loss", "val_accuracy"])}`);
}
