import { join } from "node:path";
import { Command } from "commander";
import { files, packageVersion, writeFileAtomic } from "#platform";
import { openGpu } from "../gpu/device.ts";
import { type DoneEvent, jsonLine, type LogEvent } from "../io/runLog.ts";
import { type Safetensors, writeSafetensors } from "../io/safetensors.ts";
import { drawTune } from "../lab/tune/figure.ts";
import { type TuneSettings, tune } from "../lab/tune/run.ts";
import { checkTuned, populationRecipe, rangesOf, startValues } from "../lab/tune/space.ts";
import { kernelsOfCheckpoint } from "../train/checkpointPosition.ts";
import { loadData } from "../train/data.ts";
import { makePlan, type Plan } from "../train/plan.ts";
import { parseRecipe, type Recipe, RecipeError } from "../train/recipe.ts";
import { selectTiling } from "../train/selectTiling.ts";
import { openSession } from "../train/session.ts";
import { shapeOf } from "../train/train.ts";
import { adapterSummary } from "../train/trainer.ts";
import { validationCount } from "../train/validationField.ts";
import { checkFolder } from "./figureOption.ts";
import { onInterrupt } from "./interrupt.ts";
import { readRecipe, recipeOf } from "./recipeOptions.ts";
import { CHECKPOINT } from "./resume.ts";
import { tilingOf } from "./tilingOptions.ts";
import { keepWinner, openTune, readTune, WINNER } from "./tuneFolder.ts";
import { addTuneOptions, checkResumeFlags, MEMBERS, type TuneFlags } from "./tuneOptions.ts";
import { closing, describe, resultOf, titleOf } from "./tuneReport.ts";
import { tuneDisplay } from "./tuneTable.ts";
import { HELD_OUT } from "./validationOptions.ts";

/** `downhill tune` */
export function tuneCommand(): Command {
  const command = new Command("tune");
  addTuneOptions(command)
    .description(
      "train a population and tune its settings meanwhile: population-based training (Jaderberg et al. 2017)",
    )
    .addHelpText(
      "after",
      `
After each --interval members are ranked on held out training samples (--validation, a twelfth unless given). The last --share
of them become copies of the first, on the device, with parameters, the optimizer's state and settings; then each setting is
drawn anew with the chance --resample, or moved: by 0.8 or 1.2 where its range is log, else by a fifth of the range. Every
decision is in the log. The best member at the end is evaluated on the test set, once, and kept in ${WINNER}/.
(--tune of this and other commands is about matrix kernels, and changes no setting of a recipe.)

Examples:
  downhill tune --vary lr=log(1e-4,1e-1)
  downhill tune --population 16 --interval 200 --optimizer momentum --vary lr=log(1e-4,1) --vary momentum=uniform(0.5,0.99)
  downhill tune --dropout 0.2 --vary dropout=uniform(0.05,0.6) --vary lr=log(1e-4,1e-2) --epochs 20`,
    )
    .action(async (flags: TuneFlags) => {
      await run(
        flags,
        Object.keys(flags).filter((name) => command.getOptionValueSource(name) === "cli"),
      );
    });
  return command;
}

async function run(flags: TuneFlags, given: readonly string[]): Promise<void> {
  const begun = performance.now();
  const interrupt = onInterrupt();
  if (flags.resume !== undefined) checkResumeFlags(given);
  if (flags.figure !== undefined) await checkFolder(flags.figure);
  const resumed = flags.resume === undefined ? undefined : await readTune(flags.resume);
  const { base, ranges } = resumed ? { base: resumed.recipe, ranges: resumed.settings.ranges } : asked(flags);
  const dataset = await loadData(base, files);
  const recipe = resumed
    ? base
    : populationRecipe(
        { ...base, validation: validationCount(base, dataset.train.count) },
        ranges,
        startValues(ranges, base.population, flags.tuneSeed),
      );
  const gpu = await openGpu(flags.adapter);
  const say = (text: string) => flags.json || process.stdout.write(text);
  const display = tuneDisplay(ranges, flags.json === true);
  try {
    const kernels = resumed && kernelsOfCheckpoint(resumed.checkpoint.contents, resumed.checkpoint.file);
    const plan = makePlan(
      recipe,
      shapeOf(dataset),
      await selectTiling(gpu, recipe, shapeOf(dataset), kernels ?? tilingOf(flags)),
    );
    const settings = resumed?.settings ?? settingsOf(flags, ranges, plan);
    const session = await openSession(gpu, plan);
    const { out, lines } = await openTune(flags.out ?? flags.resume, recipe, settings, resumed);
    if (plan.note !== undefined) process.stderr.write(`note: ${plan.note}\n`);
    say(`adapter: ${gpu.adapter.name}${gpu.note ? `\n(${gpu.note})` : ""}\n`);
    say(
      `${describe(plan, settings)}${resumed ? `, going on after step ${resumed.checkpoint.contents.metadata.step}` : ""}\n\n`,
    );
    interrupt.signal.addEventListener("abort", () => display.stop());
    interrupt.begin();
    const events: LogEvent[] = [...(resumed?.events ?? [])];
    let [done, last]: [DoneEvent?, Safetensors?] = [];
    try {
      for await (const event of tune(gpu, session, dataset, settings, {
        signal: interrupt.signal,
        logEvery: flags.logEvery,
        onProgress: display.onProgress,
        onCheckpoint({ tensors, metadata }) {
          last = { tensors, metadata };
          return writeFileAtomic(join(out, CHECKPOINT), writeSafetensors(tensors, metadata));
        },
        ...(resumed && { resumeFrom: resumed.checkpoint }),
      })) {
        lines.write(jsonLine(event));
        events.push(event);
        display.onEvent(event);
        if (event.event === "done") done = event;
      }
    } catch (error) {
      display.stop();
      if (error !== interrupt.signal.reason) throw error;
      process.stderr.write(`stopped; the checkpoint is in ${out}: go on with downhill tune --resume ${out}\n`);
      return interrupt.exit();
    }
    lines.close();
    display.stop();
    session.destroy();
    if (!done || !last || done.winner === undefined) return;
    const { winner } = done;
    await keepWinner(join(out, WINNER), plan, last, winner);
    const figure = await drawTune(events, ranges, settings.by, winner, titleOf(gpu, plan, settings));
    for (const file of [join(out, "tune.svg"), ...(flags.figure === undefined ? [] : [flags.figure])]) {
      await writeFileAtomic(file, figure);
    }
    if (flags.json) {
      const seconds = { ...done.seconds, total: (performance.now() - begun) / 1000 };
      const summary = { adapter: adapterSummary(gpu), version: packageVersion(), steps: done.steps, seconds };
      process.stdout.write(`${jsonLine({ ...summary, ...resultOf(events, settings, done, winner), out })}\n`);
    } else say(closing(events, settings, done, winner, out));
  } finally {
    interrupt.dispose();
    gpu.destroy();
  }
}

/** The recipe that members share, with samples held out, and what is tuned of it. */
function asked({ vary: axes = [], ...flags }: TuneFlags) {
  const file: Partial<Recipe> = flags.recipe === undefined ? {} : (readRecipe(flags.recipe) as Partial<Recipe>);
  if (file.vary)
    throw new RecipeError(`--recipe ${flags.recipe}: its vary makes a population; give ranges as --vary here`);
  const population = flags.population ?? (file.population && file.population > 1 ? file.population : MEMBERS);
  const validation = flags.validation ?? (file.validation || HELD_OUT);
  const base = parseRecipe(recipeOf({ ...flags, validation: validation || HELD_OUT, population }));
  checkTuned({ ...base, validation }, flags.by, axes);
  const ranges = rangesOf(base, axes);
  populationRecipe(base, ranges, startValues(ranges, population, flags.tuneSeed)); // what cannot be is refused at once
  return { base, ranges };
}

function settingsOf(flags: TuneFlags, ranges: TuneSettings["ranges"], plan: Plan): TuneSettings {
  const { by, share, resample, tuneSeed: seed } = flags;
  const interval = flags.interval === "epoch" ? plan.stepsPerEpoch : flags.interval;
  if (interval >= plan.steps) {
    const length = `the run ends after ${plan.steps} steps`;
    throw new RecipeError(
      `--interval ${flags.interval}: ${length}, before the first decision; give fewer, or train longer`,
    );
  }
  if (by === "val_accuracy" && plan.data.targets === "values") {
    throw new RecipeError("--by val_accuracy: the targets are values, which have no accuracy; leave it out");
  }
  return { ranges, interval, by, share, resample, seed };
}
