import { Command } from "commander";
import { files, writeFileAtomic } from "#platform";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { jsonLine } from "../io/runLog.ts";
import { type LrRange, lrRange, type RangeSettings, rangeRecipe } from "../lab/lrRange.ts";
import { drawLrRange, rateText } from "../lab/lrRangeFigure.ts";
import { loadData } from "../train/data.ts";
import type { Recipe } from "../train/recipe.ts";
import { adapterSummary } from "../train/trainer.ts";
import { checkFolder, parseFigure } from "./figureOption.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags, recipeOf } from "./recipeOptions.ts";
import { textPlot } from "./textPlot.ts";
import { addTilingOptions, type TilingFlags, tilingOf } from "./tilingOptions.ts";
import { parseNumber } from "./values.ts";

interface LrRangeFlags extends RecipeFlags, TilingFlags {
  readonly adapter: string;
  readonly from: number;
  readonly to: number;
  readonly figure?: string;
  readonly json?: boolean;
}

/** Steps of the ramp unless --steps says otherwise. */
const STEPS = 300;

/** `downhill lr-range` */
export function lrRangeCommand(): Command {
  const command = new Command("lr-range");
  addTilingOptions(addAdapterOption(addRecipeOptions(command)))
    .description("find a learning rate: train while it climbs exponentially, and see where the loss falls (Smith 2017)")
    .option("--from <LR>", "rate of the first step", parseNumber, 1e-6)
    .option("--to <LR>", "rate of the last step", parseNumber, 10)
    .option("--figure <FILE.svg>", "draw the loss against the rate", parseFigure)
    .option("--json", "print nothing but the result, as one JSON line")
    .addHelpText(
      "after",
      `
The ramp has --steps steps (${STEPS} unless given) and ends once the smoothed loss is four times its lowest. With --population N the
loss is the mean over N seeds. A schedule of lr in the recipe is left out.

Examples:
  downhill lr-range --optimizer momentum
  downhill lr-range --optimizer adam --population 5 --figure range.svg`,
    )
    .action(async (flags: LrRangeFlags) => {
      await run(flags);
    });
  return command;
}

async function run(flags: LrRangeFlags): Promise<void> {
  const recipe = recipeOf(flags);
  const settings: RangeSettings = { from: flags.from, to: flags.to, steps: flags.steps ?? STEPS };
  const ramp = rangeRecipe(recipe, settings); // what cannot be tested is refused at once
  if (flags.figure !== undefined) await checkFolder(flags.figure);
  const dataset = await loadData(recipe, files);
  const gpu = await openGpu(flags.adapter);
  const say = (text: string) => flags.json || process.stdout.write(text);
  const isLive = process.stdout.isTTY && !flags.json;
  try {
    const { name } = recipe.optimizer;
    say(`adapter: ${gpu.adapter.name}${gpu.note ? `\n(${gpu.note})` : ""}\n`);
    say(`lr of ${name} from ${rateText(flags.from)} to ${rateText(flags.to)} over ${settings.steps} steps\n`);
    const range = await lrRange(gpu, dataset, recipe, settings, {
      tiling: tilingOf(flags),
      onPoint({ lr, smoothed }, step) {
        if (!isLive) return;
        process.stdout.write(`\r\x1b[Kstep ${step}/${settings.steps}  lr ${rateText(lr)}  loss ${smoothed.toFixed(4)}`);
      },
    });
    if (isLive) process.stdout.write("\r\x1b[K");
    say(`\n${reportOf(range, name)}\n`);
    if (flags.figure !== undefined) {
      await writeFileAtomic(flags.figure, await drawLrRange(range, titleOf(gpu, recipe, range)));
      say(`figure in ${flags.figure}\n`);
    }
    if (flags.json) process.stdout.write(`${jsonLine({ adapter: adapterSummary(gpu), recipe: ramp, ...range })}\n`);
  } finally {
    gpu.destroy();
  }
}

/** The curve, and what it says. */
function reportOf({ points, exploded, minimum, tenth, steepest, suggestion }: LrRange, optimizer: string): string {
  const plot = textPlot({
    points: points.map(({ smoothed_lr, smoothed }) => [smoothed_lr, smoothed] as const),
    width: Math.min(64, (process.stdout.columns ?? 80) - 12),
    height: 10,
    mark: suggestion,
    xText: rateText,
  });
  const end = points.at(-1);
  const lines = [
    plot,
    "",
    exploded
      ? `the loss explodes above lr ${rateText(end?.lr ?? 0)}`
      : "the loss did not explode: a larger --to shows more",
  ];
  if (minimum) lines.push(`minimum        lr ${rateText(minimum.lr)}, smoothed loss ${minimum.loss.toFixed(4)}`);
  if (suggestion === undefined || steepest === undefined || tenth === undefined) {
    return [...lines, "no rate is suggested: the loss never fell; try a smaller --from, or more --steps"].join("\n");
  }
  lines.push(`minimum / 10   lr ${rateText(tenth)}`, `steepest fall  lr ${rateText(steepest)}`, "");
  lines.push(`suggested: --optimizer ${optimizer}:lr=${rateText(suggestion)} (where the loss falls fastest)`);
  return lines.join("\n");
}

function titleOf({ adapter }: Gpu, { optimizer, hidden, batch_size, population, seed, data }: Recipe, range: LrRange) {
  const network = hidden.length > 0 ? `hidden layers ${hidden.join(", ")}` : "no hidden layer";
  const seeds = population > 1 ? `mean and range of ${population} seeds` : `seed ${seed}`;
  return {
    text: `Learning rate range test of ${optimizer.name}`,
    subtext: `${data}, ${network}, batch ${batch_size}, ${range.points.length} steps, ${seeds}; ${adapter.name}`,
  };
}
