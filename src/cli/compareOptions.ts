import { type Command, InvalidArgumentError } from "commander";
import type { Contender, Tuning } from "../lab/compare/protocol.ts";
import { COMPARE_RATES } from "../lab/learningRates.ts";
import { findOptimizer, optimizers } from "../optim/registry.ts";
import { suggest } from "../train/messages.ts";
import { RecipeError } from "../train/recipe.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags } from "./recipeOptions.ts";
import { addTilingOptions, type TilingFlags } from "./tilingOptions.ts";
import { parseCount, parseNamed, parseNumber, parseText } from "./values.ts";

/** What the flags of `compare` parse to. */
export interface CompareFlags extends RecipeFlags, TilingFlags {
  readonly adapter: string;
  readonly optimizers: readonly Contender[];
  readonly seeds?: number;
  /** Shares of 1. */
  readonly targets: readonly number[];
  readonly evaluateEvery?: number;
  readonly tuned?: boolean;
  readonly rates: readonly number[];
  readonly choose: Tuning["by"];
  readonly workloads?: readonly WorkloadFlag[];
  readonly out?: string;
  readonly json?: boolean;
}

/** A workload as a flag gives it: `mnist:128-64`. */
export interface WorkloadFlag {
  readonly data: string;
  /** Undefined: the recipe's. */
  readonly hidden?: readonly number[];
}

/** The six of textbooks. */
const USUAL = "sgd,momentum,nesterov,adagrad,rmsprop,adam";

export function addCompareOptions(command: Command): Command {
  return addTilingOptions(addAdapterOption(addRecipeOptions(command)))
    .option(
      "--optimizers <NAMES>",
      `what to compare, with hyper-parameters as in adam:lr=0.001,beta1=0.8,sgd (default: ${USUAL})`,
      parseContenders,
      parseContenders(USUAL),
    )
    .option("--seeds <N>", "models of each, seeded SEED, SEED + 1, ... (default: 5)", parseCount)
    .option(
      "--targets <PERCENTS>",
      "test accuracies whose time is told (default: 97,98)",
      parseTargets,
      parseTargets("97,98"),
    )
    .option(
      "--evaluate-every <N>",
      "steps from one evaluation inside an epoch to the next, for times to targets",
      parseCount,
    )
    .option("--tuned", "choose each learning rate first, by as many trials for each on held out training samples")
    .option(
      "--rates <LR,LR,...>",
      `learning rates to choose from (default: ${COMPARE_RATES.join(",")})`,
      parseRates,
      COMPARE_RATES,
    )
    .option("--choose <accuracy|loss>", "what the chosen rate is best in", parseChoice, "accuracy")
    .option(
      "--workloads <DATA[:WIDTHS],...>",
      "data sets with hidden widths, such as mnist:128-64,mnist:32 (default: the recipe's)",
      parseWorkloads,
    )
    .option(
      "--out <DIR>",
      "folder of the report; one that has finished runs goes on (default: runs/compare-TIME)",
      parseText,
    )
    .option("--json", "print nothing but the results, as one JSON line");
}

/** @throws RecipeError for flags that say what `compare` decides itself */
export function checkFlags(flags: CompareFlags, given: (flag: string) => boolean): void {
  if (given("optimizer")) throw new RecipeError("--optimizer: compare takes several: give --optimizers");
  if (given("population")) throw new RecipeError("--population: compare trains a model for each seed: give --seeds");
  if (given("vary")) throw new RecipeError("--vary: compare sets optimizers side by side; downhill train has --vary");
  if (!flags.tuned) {
    const idle = ["rates", "choose"].find(given);
    if (idle !== undefined)
      throw new RecipeError(`--${idle} is about how --tuned chooses learning rates: give --tuned too`);
    return;
  }
  const fixed = flags.optimizers.find(({ optimizer }) => Object.hasOwn(optimizer, "lr"));
  if (fixed) throw new RecipeError(`--optimizers ${fixed.label}: --tuned chooses the learning rate: leave lr out`);
  if (flags.seeds !== undefined && flags.seeds < 5) {
    throw new RecipeError(
      `--seeds ${flags.seeds}: --tuned wants at least 5, so that differences can be told from chance`,
    );
  }
}

/** `sgd,momentum:lr=0.1,momentum=0.8,adam`: a part with a value belongs to the name before it. */
function parseContenders(text: string): Contender[] {
  const parts: string[] = [];
  for (const part of text.split(",")) {
    const isSetting = part.includes("=") && !part.slice(0, part.indexOf("=")).includes(":");
    const before = parts.pop();
    if (!isSetting || before === undefined) parts.push(...(before === undefined ? [] : [before]), part);
    else parts.push(before.includes(":") ? `${before},${part}` : `${before}:${part}`);
  }
  const contenders = withLabels(parts.map(parseContender));
  const labels = contenders.map(({ label }) => label);
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`"${twice}" is given twice`);
  return contenders;
}

/** Names contenders: by the optimizer, and by its settings where there are some beside the rate or two have the same name. */
function withLabels(all: readonly Contender["optimizer"][]): Contender[] {
  const labelOf = ({ name, ...settings }: Contender["optimizer"], hasRate: boolean) => {
    const own = Object.entries(settings).filter(([key]) => hasRate || key !== "lr");
    return [name, ...own.map(([key, value]) => `${key}=${value}`)].join(" ");
  };
  const short = all.map((optimizer) => labelOf(optimizer, false));
  return all.map((optimizer, i) => {
    const label = short[i] as string;
    const isOnly = short.indexOf(label) === short.lastIndexOf(label);
    return { label: isOnly ? label : labelOf(optimizer, true), optimizer };
  });
}

function parseContender(text: string): Contender["optimizer"] {
  const [name = ""] = text.split(":");
  const names = optimizers.map((optimizer) => optimizer.name);
  if (!findOptimizer(name)) {
    throw new InvalidArgumentError(
      `no optimizer is named "${name}"${suggest(name, names)}; there is ${names.join(", ")}`,
    );
  }
  return parseNamed(text);
}

function parseTargets(text: string): number[] {
  const values = text.split(",").map(parseNumber);
  if (values.some((value) => value <= 0 || value > 100))
    throw new InvalidArgumentError("they must be above 0, up to 100");
  return [...new Set(values)].sort((a, b) => a - b).map((value) => value / 100);
}

function parseRates(text: string): number[] {
  const values = text.split(",").map(parseNumber);
  if (values.some((value) => value <= 0)) throw new InvalidArgumentError("they must be above 0");
  return [...new Set(values)].sort((a, b) => a - b);
}

function parseChoice(text: string): Tuning["by"] {
  if (text !== "accuracy" && text !== "loss") throw new InvalidArgumentError("it must be accuracy or loss");
  return text;
}

/** `mnist:128-64,folder:none` */
function parseWorkloads(text: string): WorkloadFlag[] {
  const parts = text.split(",");
  const twice = parts.find((part, i) => parts.indexOf(part) !== i);
  if (twice !== undefined) throw new InvalidArgumentError(`"${twice}" is given twice`);
  return parts.map((part) => {
    const found = /^(.+):(none|\d+(?:-\d+)*)$/.exec(part);
    if (!found) return { data: parseText(part) };
    const [, data = "", widths = ""] = found;
    return { data, hidden: widths === "none" ? [] : widths.split("-").map(Number) };
  });
}
