import { join } from "node:path";
import { Command } from "commander";
import { files, makeRunFolder, packageVersion, writeFileAtomic } from "#platform";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { jsonLine } from "../io/runLog.ts";
import { drawSweep } from "../lab/sweep/figure.ts";
import { resultsCsv, resultsOf, type SettingResult, winnerOf } from "../lab/sweep/results.ts";
import { runSweep } from "../lab/sweep/run.ts";
import { type SpaceSettings, settingsOf } from "../lab/sweep/space.ts";
import { trialsOf } from "../lab/sweep/trials.ts";
import { loadData } from "../train/data.ts";
import { parseRecipe, type Recipe, RecipeError } from "../train/recipe.ts";
import { adapterSummary } from "../train/trainer.ts";
import { validationCount } from "../train/validationField.ts";
import { onInterrupt } from "./interrupt.ts";
import { memoryOf } from "./memory.ts";
import { percent } from "./progress.ts";
import { readRecipe, recipeOf } from "./recipeOptions.ts";
import { openSweepFolder } from "./sweepFolder.ts";
import { addSweepOptions, checkSweepFlags, type SweepFlags } from "./sweepOptions.ts";
import { finalTable, sweepDisplay } from "./sweepTable.ts";
import { testWinner, type WinnerTest } from "./sweepWinner.ts";
import { tilingOf } from "./tilingOptions.ts";
import { HELD_OUT } from "./validationOptions.ts";

/** `downhill sweep` */
export function sweepCommand(): Command {
  const command = new Command("sweep");
  addSweepOptions(command)
    .description("try settings of a recipe, choose by held out training samples, and look at the test set once")
    .addHelpText(
      "after",
      `
All combinations of the values run, or --random N of them. Trials that differ only in what members of a population may have to
themselves train side by side, each with the bits of its run alone; the rest run in turn. --validation samples of the training
set (a twelfth unless given) choose, and the best setting's run is then repeated for its test accuracy. --population N tries
each setting with N seeds. What is finished is kept in --out: the same command goes on there, however it was stopped.

Examples:
  downhill sweep --vary lr=log(1e-4,1e-1,13) --epochs 3
  downhill sweep --vary optimizer=sgd,adam --vary lr=log(1e-4,1,9) --vary batch_size=50,100,200 --epochs 2
  downhill sweep --vary hidden=[128,64],[256],[] --vary dropout=0.1,0.3
  downhill sweep --random 60 --vary lr=log(1e-4,1e-1) --vary beta1=uniform(0.8,0.99) --asha eta=3,min_epochs=1 --epochs 9`,
    )
    .action(async (flags: SweepFlags) => {
      checkSweepFlags(flags);
      await sweep(flags);
    });
  return command;
}

async function sweep(flags: SweepFlags): Promise<void> {
  const interrupt = onInterrupt("keeping what is done");
  const { vary: axes = [], asha: halving, budget, by, members } = flags;
  const given = baseOf(flags);
  const random = flags.random === undefined ? undefined : { count: flags.random, seed: flags.sweepSeed ?? 0 };
  const spaceOf = (base: Recipe): SpaceSettings => ({ base, axes, ...(random && { random }) });
  settingsOf(spaceOf(given)); // what is no sweep is refused at once
  const dataset = await loadData(given, files);
  if (by === "val_accuracy" && dataset.train.classes === 0) {
    throw new RecipeError("--by val_accuracy: samples are told as values, which have no accuracy: give --by val_loss");
  }
  const base: Recipe = { ...given, validation: validationCount(given, dataset.train.count) };
  const settings = settingsOf(spaceOf(base));
  const gpu = await openGpu(flags.adapter);
  const out = await makeRunFolder(flags.out ?? join("runs", `sweep-${timeText()}`));
  const say = (text: string) => flags.json || process.stdout.write(text);
  const machine = { adapter: adapterSummary(gpu), tiling: tilingOf(flags) };
  const trials = await trialsOf(settings, machine);
  const paths = Object.keys(settings[0]?.values ?? {});
  const display = sweepDisplay(trials, paths, flags.json === true);
  try {
    const store = await openSweepFolder(out);
    say(`adapter: ${gpu.adapter.name}${gpu.note ? `\n(${gpu.note})` : ""}\n`);
    const seeds = base.population > 1 ? ` with ${base.population} seeds each` : "";
    say(`${settings.length} settings${seeds}, compared by ${by} on ${base.validation} held out samples\n`);
    say(`trials in ${out}\n\n`);
    const memory = memoryOf(gpu);
    const work = { trials, keys: paths, by, halving, budget, members, memory, tiling: tilingOf(flags) };
    interrupt.signal.addEventListener("abort", () => display.stop());
    interrupt.begin();
    let results: SettingResult[];
    let test: WinnerTest | undefined;
    try {
      const outcome = await runSweep(gpu, dataset, { ...work, version: packageVersion() }, store, {
        observer: display.observer,
        signal: interrupt.signal,
      });
      display.stop();
      results = resultsOf(trials, outcome, by);
      const winner = winnerOf(results, by);
      if (winner && flags.test) {
        say(
          `\n${Object.entries(winner.values)
            .map(([path, value]) => `${path} ${JSON.stringify(value)}`)
            .join(", ")} `,
        );
        say("is the best: its run again, for the test set\n");
        test = await testWinner(gpu, dataset, winner, {
          folder: join(out, "winner"),
          tiling: tilingOf(flags),
          signal: interrupt.signal,
        });
      }
    } catch (error) {
      display.stop();
      if (error !== interrupt.signal.reason) throw error;
      process.stderr.write(`stopped; what is done is in ${out}: the same command with --out ${out} goes on\n`);
      return interrupt.exit();
    }
    const figure = await drawSweep(results, by, titleOf(gpu, base, results));
    const summary = { adapter: adapterSummary(gpu), by, settings: results.map(briefly), ...(test && { test }), out };
    const full = { ...summary, version: packageVersion(), settings: results };
    await writeFileAtomic(join(out, "results.csv"), resultsCsv(results));
    await writeFileAtomic(join(out, "results.json"), `${jsonLine(full)}\n`);
    if (figure !== undefined) await writeFileAtomic(join(out, "sensitivity.svg"), figure);
    if (flags.json) process.stdout.write(`${jsonLine(summary)}\n`);
    else say(closing(results, by, paths, test, out, figure !== undefined));
  } finally {
    interrupt.dispose();
    gpu.destroy();
  }
}

/** The recipe that all trials change, with samples held out. */
function baseOf({ vary: _, ...flags }: SweepFlags): Recipe {
  const file = flags.recipe === undefined ? {} : readRecipe(flags.recipe);
  if (file.vary) throw new RecipeError(`--recipe ${flags.recipe}: its vary makes a population; give it as --vary here`);
  const validation = flags.validation ?? file.validation ?? HELD_OUT;
  if (validation === 0) throw new RecipeError("--validation 0: trials are compared on held out samples: hold some out");
  return parseRecipe(recipeOf({ ...flags, validation }));
}

/** A setting without its course. */
function briefly({ trials, recipe: _, ...result }: SettingResult) {
  return { ...result, trials: trials.map(({ evaluations: __, ...trial }) => trial) };
}

function closing(
  results: readonly SettingResult[],
  by: SweepFlags["by"],
  paths: readonly string[],
  test: WinnerTest | undefined,
  out: string,
  hasFigure: boolean,
): string {
  const lines = ["", ...finalTable(results, paths, by), ""];
  if (!winnerOf(results, by)) lines.push("no setting came to an end with a finite figure: try lower learning rates");
  if (test) {
    const spread = test.models.length > 1 ? ` ± ${percent(test.deviation)} over ${test.models.length} seeds` : "";
    lines.push(
      `the best setting on the test set: accuracy ${percent(test.accuracy)}${spread}, loss ${test.loss.toFixed(4)}`,
    );
    lines.push(`its run is in ${join(out, "winner")}`);
  }
  lines.push(
    `results in ${join(out, "results.csv")} and .json${hasFigure ? `, figure in ${join(out, "sensitivity.svg")}` : ""}`,
  );
  return `${lines.join("\n")}\n`;
}

function titleOf(
  { adapter }: Gpu,
  { optimizer, hidden, data, epochs, steps }: Recipe,
  results: readonly SettingResult[],
) {
  const paths = Object.keys(results[0]?.values ?? {});
  const fixed = [
    data,
    ...(paths.includes("hidden") ? [] : [hidden.length > 0 ? `hidden layers ${hidden.join(", ")}` : "no hidden layer"]),
    ...(paths.includes("optimizer") ? [] : [optimizer.name]),
    ...(paths.includes("epochs") || paths.includes("steps")
      ? []
      : [steps === undefined ? `${epochs} epoch${epochs === 1 ? "" : "s"}` : `${steps} steps`]),
  ];
  const run = results.filter(({ fate }) => fate !== "not run").length;
  return { text: `Sweep of ${paths.join(", ")}`, subtext: `${fixed.join(", ")}; ${run} settings; ${adapter.name}` };
}

const timeText = () => new Date().toISOString().slice(0, 19).replaceAll(":", "-");
