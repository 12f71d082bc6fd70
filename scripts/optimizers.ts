/**
 * Compares the optimizers on the main network, or any other recipe: a table in Markdown, and a figure of the loss curves.
 * What is done is kept in a folder; the same command goes on from there.
 *
 *   npm run optimizers
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { files } from "#platform";
import { openFinishedRuns } from "../src/cli/finishedRuns.ts";
import { readRecipe } from "../src/cli/recipeOptions.ts";
import { openGpu } from "../src/gpu/device.ts";
import { type CompareSettings, type ContenderResult, runComparison } from "../src/lab/compare/protocol.ts";
import { spread } from "../src/lab/compare/statistics.ts";
import { summarise } from "../src/lab/compare/summary.ts";
import { COMPARE_RATES } from "../src/lab/learningRates.ts";
import { curveOf } from "../src/lab/report/curves.ts";
import { markdownTable } from "../src/lab/report/markdown.ts";
import { drawPanels } from "../src/lab/report/panelsFigure.ts";
import { findOptimizer, optimizers } from "../src/optim/registry.ts";
import { loadData } from "../src/train/data.ts";
import { parseRecipe, type RecipeInput } from "../src/train/recipe.ts";

/** Training samples that choose the learning rate, and are trained on once it is chosen. */
const VALIDATION_SAMPLES = 5000;

interface Options {
  readonly recipe: string;
  readonly data?: string;
  readonly epochs: number;
  readonly steps?: number;
  readonly seeds: number;
  readonly optimizers: readonly string[];
  readonly grid: readonly number[];
  readonly validation: number;
  readonly adapter: string;
  readonly out: string;
  readonly results: string;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return value;
}

function rates(text: string): number[] {
  const values = text.split(",").map(Number);
  if (values.some((value) => !(value > 0))) throw new InvalidArgumentError("They must be numbers above 0.");
  return values;
}

function names(text: string): string[] {
  const given = text.split(",");
  const unknown = given.find((name) => !findOptimizer(name));
  if (unknown === undefined) return given;
  throw new InvalidArgumentError(`There is no ${unknown}; there is ${optimizers.map(({ name }) => name).join(", ")}.`);
}

async function main(options: Options): Promise<void> {
  const { epochs, steps, seeds, grid, validation, out, results } = options;
  const base = {
    ...readRecipe(options.recipe),
    ...(options.data !== undefined && { data: options.data }),
    epochs,
    ...(steps !== undefined && { steps }),
  };
  const { optimizer: _, population: __, seed, ...recipe } = parseRecipe(base);
  const dataset = await loadData(recipe, files);
  const gpu = await openGpu(options.adapter);
  const chosen = optimizers.filter(({ name }) => options.optimizers.includes(name));
  const settings: CompareSettings = {
    workloads: [{ label: recipe.data, dataset, recipe: recipe as RecipeInput }],
    // Defaults are part of it: with others it is another optimizer.
    contenders: chosen.map(({ name, hyper }) => ({ label: name, optimizer: { name, ...hyper.parse({}) } })),
    seeds,
    seed,
    tuning: { rates: grid, validation, by: "loss" },
  };
  const { name: adapter } = gpu.adapter;
  let found: ContenderResult[];
  try {
    mkdirSync(dirname(out), { recursive: true });
    found = await runComparison(gpu, settings, {
      finished: await openFinishedRuns(results),
      machine: { adapter },
      observer: {
        onResult({ contender, lr, population, refusal }, isKept) {
          const accuracy = spread((population?.models ?? []).map(({ test_accuracy }) => test_accuracy));
          const what = `${(100 * accuracy.mean).toFixed(2)} % at lr ${lr ?? "-"}${isKept ? " (as before)" : ""}`;
          console.error(`${contender}: ${population ? what : `left out: ${refusal}`}`);
        },
      },
    });
  } finally {
    gpu.destroy();
  }
  const { contenders: summaries } = summarise(found, settings, []);
  const panels = found.flatMap(({ contender: optimizer, lr, population }) => {
    if (!population) return [];
    const accuracy = spread(population.models.map(({ test_accuracy }) => test_accuracy)).mean;
    const curve = curveOf(population, "training loss").map((point) => [point.epochs, point.mean] as const);
    return [{ optimizer, lr, accuracy, curve }];
  });
  const hidden = [dataset.train.width * dataset.train.height, ...recipe.hidden, dataset.train.classes].join("-");
  const length = steps === undefined ? `${epochs} epoch${epochs > 1 ? "s" : ""}` : `${steps} steps`;
  const text = `${panels.length} optimizers on ${recipe.data === "mnist" ? "MNIST" : recipe.data}: ${hidden}, ${length}`;
  const how = `learning rates chosen on ${validation} held out training samples`;
  const subtext = `batch ${recipe.batch_size}, ${seeds} seeds, ${how}\n${adapter}`;
  writeFileSync(out, await drawPanels(panels, { text, subtext }));
  console.log(markdownTable(summaries));
  console.error(`figure in ${out}, results in ${results}`);
}

const program = new Command("optimizers")
  .description("Compares all optimizers on one network: learning rates from one grid, on held out training samples.")
  .option("--recipe <file|name>", "what they train", "main")
  .option("--data <mnist|dir>", "the data set, in place of the recipe's")
  .option("--epochs <n>", "epochs of each run", count, 2)
  .option("--steps <n>", "steps of each run, in place of epochs", count)
  .option("--seeds <n>", "models that the chosen rate trains", count, 3)
  .option("--optimizers <names>", "some of them, such as sgd,adam (default: all)", names)
  .option("--grid <rates>", "learning rates to choose from, with commas", rates, COMPARE_RATES)
  .option("--validation <n>", "training samples held out while the rate is chosen", count, VALIDATION_SAMPLES)
  .option("--adapter <text>", "the adapter to run on", "auto")
  .option("--out <file.svg>", "where the figure goes", "docs/optimizers.svg")
  .option("--results <folder>", "where results are kept", "runs/optimizers");

const options = program.parse().opts<Options>();
await main({ ...options, optimizers: options.optimizers ?? optimizers.map(({ name }) => name) }).catch(
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
