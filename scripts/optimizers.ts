/**
 * Compares the optimizers on the main network, or any other recipe: a table in Markdown, and a figure of the loss curves.
 * What is done is kept in a file of JSON lines; the same command goes on from there.
 *
 *   npm run optimizers
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { Command, InvalidArgumentError } from "commander";
import { files } from "#platform";
import { readRecipe } from "../src/cli/recipeOptions.ts";
import { loadDataset } from "../src/data/dataset.ts";
import { openGpu } from "../src/gpu/device.ts";
import { jsonLine } from "../src/io/runLog.ts";
import {
  COMPARE_RATES,
  type Comparison,
  compareOptimizer,
  comparisonSchema,
  comparisonTable,
  spread,
  VALIDATION_SAMPLES,
} from "../src/lab/compare.ts";
import { drawComparison } from "../src/lab/compareFigure.ts";
import { findOptimizer, optimizers } from "../src/optim/registry.ts";
import { parseRecipe, RecipeError } from "../src/train/recipe.ts";

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

/** A line of the results: what was compared, and how it went. */
interface Line {
  readonly settings: unknown;
  readonly result: unknown;
}

/** The results so far. A last line without its end, which a killed run may leave, is taken off the file. */
function readLines(file: string): Line[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole !== text) writeFileSync(file, whole);
  return whole.split("\n").flatMap((line, i) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as Line];
    } catch (cause) {
      throw new Error(`${file}:${i + 1}: no valid JSON; delete that line`, { cause });
    }
  });
}

async function main(options: Options): Promise<void> {
  const { epochs, steps, seeds, grid, validation, out, results } = options;
  const base = {
    ...readRecipe(options.recipe),
    ...(options.data !== undefined && { data: options.data }),
    epochs,
    ...(steps !== undefined && { steps }),
  };
  const { optimizer: _, ...recipe } = parseRecipe(base);
  const dataset = await loadDataset(recipe.data, files);
  const gpu = await openGpu(options.adapter);
  const { name: adapter } = gpu.adapter;
  const found: Comparison[] = [];
  try {
    for (const file of [out, results]) mkdirSync(dirname(file), { recursive: true });
    const known = readLines(results);
    for (const optimizer of optimizers.filter(({ name }) => options.optimizers.includes(name))) {
      const { name } = optimizer;
      // Defaults are part of it: with others it is another optimizer.
      const made = { adapter, recipe, seeds, grid, validation, optimizer: { name, ...optimizer.hyper.parse({}) } };
      const settings = JSON.parse(JSON.stringify(made));
      const done = known.find((line) => isDeepStrictEqual(line.settings, settings));
      try {
        const result = done
          ? comparisonSchema.parse(done.result)
          : await compareOptimizer(gpu, dataset, optimizer, { recipe, seeds, grid, validation });
        if (!done) appendFileSync(results, `${jsonLine({ settings, result })}\n`);
        found.push(result);
        const accuracy = (100 * spread(result.test_accuracy).mean).toFixed(2);
        console.error(`${name}: ${accuracy} % at lr ${result.lr ?? "-"}${done ? " (as before)" : ""}`);
      } catch (error) {
        if (!(error instanceof RecipeError)) throw error;
        console.error(`${name}: left out: ${error.message}`);
      }
    }
  } finally {
    gpu.destroy();
  }
  const hidden = [dataset.train.width * dataset.train.height, ...recipe.hidden, dataset.train.classes].join("-");
  const length = steps === undefined ? `${epochs} epoch${epochs > 1 ? "s" : ""}` : `${steps} steps`;
  const text = `${found.length} optimizers on ${recipe.data === "mnist" ? "MNIST" : recipe.data}: ${hidden}, ${length}`;
  const chosen = `learning rates chosen on ${validation} held out training samples`;
  const subtext = `batch ${recipe.batch_size}, ${seeds} seeds, ${chosen}\n${adapter}`;
  writeFileSync(out, await drawComparison(found, { text, subtext }));
  console.log(comparisonTable(found));
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
  .option("--results <file.jsonl>", "where results are kept", "runs/optimizers.jsonl");

const options = program.parse().opts<Options>();
await main({ ...options, optimizers: options.optimizers ?? optimizers.map(({ name }) => name) }).catch(
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
