import { Command, InvalidArgumentError } from "commander";
import { files, writeFileAtomic } from "#platform";
import type { Dataset } from "../data/dataset.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { createTimer } from "../gpu/timing.ts";
import { type BenchOptions, benchRecipe, checkFitting, planFor } from "../lab/bench.ts";
import { drawGrowth } from "../lab/benchFigure.ts";
import { type Axis, axes, type Growth, type GrowthPoint, growthPoints, largestFitting, resize } from "../lab/growth.ts";
import { measurePeak } from "../lab/peak.ts";
import { loadData } from "../train/data.ts";
import type { Recipe } from "../train/recipe.ts";
import { adapterSummary } from "../train/trainer.ts";
import { type BenchOptimizersFlags, benchOptimizers, parseOptimizers, parseParameters } from "./benchOptimizers.ts";
import { digits, growthFoot, growthHead, growthRow, printResult } from "./benchReport.ts";
import { checkFolder, parseFigure } from "./figureOption.ts";
import { memoryOf } from "./memory.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags, recipeOf } from "./recipeOptions.ts";
import { addTilingOptions, type TilingFlags, tilingOf } from "./tilingOptions.ts";
import { parseNumber } from "./values.ts";

interface BenchFlags extends RecipeFlags, TilingFlags, Omit<BenchOptimizersFlags, "optimizers"> {
  readonly optimizers?: BenchOptimizersFlags["optimizers"];
  readonly sweep?: readonly Axis[];
  readonly figure?: string;
}

/** `downhill bench` */
export function benchCommand(): Command {
  const command = new Command("bench");
  addTilingOptions(addAdapterOption(addRecipeOptions(command)))
    .description("measure what training a recipe costs on an adapter, kernel by kernel, and how that grows")
    .option(
      "--sweep <batch|width|population|all>",
      "measure at growing sizes instead: batch 1 to 1000, two hidden layers of width 64 to 4096, population 1 to 256",
      parseSweep,
    )
    .option(
      "--optimizers <all|NAME,...>",
      "measure instead what a step of each costs by itself, its hyper-parameters at their defaults, without data",
      parseOptimizers,
    )
    .option("--parameters <N>", "how many parameters --optimizers steps on, roughly", parseParameters, 1_000_000)
    .option(
      "--seconds <S>",
      "how long to train at each size, and again to time its kernels, roughly; or to time each optimizer",
      parseSeconds,
      1,
    )
    .option("--figure <FILE.svg>", "draw how cost grows", parseFigure)
    .option("--json", "print nothing but the results, as one JSON line")
    .addHelpText(
      "after",
      `
The peak is that of a kernel of multiply-adds alone; an update is measured against a copy of as many bytes.

Examples:
  downhill bench
  downhill bench --hidden 512,512 --population 16 --json
  downhill bench --sweep all --figure growth.svg
  downhill bench --optimizers all
  downhill bench --optimizers adam,lamb --parameters 100000 --json`,
    )
    .action(async (flags: BenchFlags) => {
      if (flags.figure !== undefined && !flags.sweep) {
        command.error("--figure draws how cost grows: give --sweep too");
      }
      const { optimizers } = flags;
      if (optimizers && flags.sweep)
        command.error("--sweep and --optimizers measure different things: give one of them");
      if (optimizers) return benchOptimizers({ ...flags, optimizers });
      await bench(flags);
    });
  return command;
}

async function bench(flags: BenchFlags): Promise<void> {
  const recipe = recipeOf(flags);
  for (const axis of flags.sweep ?? []) resize(recipe, axis, 1); // a recipe that cannot grow is refused at once
  if (flags.figure !== undefined) await checkFolder(flags.figure);
  const dataset = await loadData(recipe, files);
  const gpu = await openGpu(flags.adapter);
  const timer = createTimer(gpu);
  const memory = memoryOf(gpu);
  const say = (text: string) => flags.json || process.stdout.write(text);
  try {
    if (!flags.sweep) checkFitting(gpu, planFor(gpu, dataset, recipe), memory);
    say(`adapter      ${gpu.adapter.name}${gpu.note ? `\n             (${gpu.note})` : ""}\n`);
    const peak = await measurePeak(gpu, timer, Math.min(2, 2 * flags.seconds));
    say(
      `peak         ${digits(peak.gflops)} GFLOP/s of multiply-adds, ${digits(peak.gigabytesPerSecond)} GB/s of a copy; ` +
        `kernels timed by ${timer.kind}\n`,
    );
    const options: BenchOptions = {
      timer,
      peak,
      seconds: flags.seconds,
      tiling: tilingOf(flags),
      ...(memory && { memory }),
    };
    const measured = flags.sweep
      ? { growth: await sweep(gpu, dataset, recipe, flags.sweep, options, say) }
      : { result: await benchRecipe(gpu, dataset, recipe, options) };
    if (measured.result) say(printResult(measured.result));
    if (flags.figure !== undefined && measured.growth) {
      await writeFileAtomic(flags.figure, await drawGrowth(measured.growth, titleOf(gpu, recipe)));
      say(`\nfigure in ${flags.figure}\n`);
    }
    if (flags.json) {
      const { gflops, gigabytesPerSecond: gigabytes_per_second } = peak;
      const head = {
        adapter: adapterSummary(gpu),
        recipe,
        timed_by: timer.kind,
        peak: { gflops, gigabytes_per_second },
      };
      process.stdout.write(`${JSON.stringify({ ...head, ...measured })}\n`);
    }
  } finally {
    timer.destroy();
    gpu.destroy();
  }
}

async function sweep(
  gpu: Gpu,
  dataset: Dataset,
  recipe: Recipe,
  chosen: readonly Axis[],
  options: BenchOptions,
  say: (text: string) => void,
): Promise<Growth[]> {
  const growths: Growth[] = [];
  for (const axis of chosen) {
    say(growthHead(axis));
    const points: GrowthPoint[] = [];
    for await (const point of growthPoints(gpu, dataset, recipe, axis, options)) {
      points.push(point);
      say(growthRow(point));
    }
    const growth = { axis, largest: largestFitting(gpu, dataset, recipe, axis, options.memory), points };
    growths.push(growth);
    say(growthFoot(growth));
  }
  return growths;
}

function titleOf({ adapter }: Gpu, { hidden, batch_size, optimizer, population }: Recipe) {
  const network = hidden.length > 0 ? `hidden layers ${hidden.join(", ")}` : "no hidden layer";
  const members = population > 1 ? `, ${population} members` : "";
  return {
    text: "How the time of training grows",
    subtext: `${network}, batch ${batch_size}, ${optimizer.name}${members} where not said; ${adapter.name}`,
  };
}

function parseSweep(text: string): readonly Axis[] {
  if (text === "all") return axes;
  const names = text.split(",");
  const unknown = names.find((name) => !axes.some((axis) => axis === name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`"${unknown}" must be ${axes.join(", ")}, several of them with commas, or all`);
  }
  return axes.filter((axis) => names.includes(axis));
}

function parseSeconds(text: string): number {
  const seconds = parseNumber(text);
  if (seconds <= 0) throw new InvalidArgumentError(`"${text}" must be above 0`);
  return seconds;
}
