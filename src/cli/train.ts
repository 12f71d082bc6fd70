import { join } from "node:path";
import { Command } from "commander";
import { files, makeRunFolder, openLines, writeFileAtomic } from "#platform";
import { loadDataset } from "../data/dataset.ts";
import { parseOrder } from "../data/orderFile.ts";
import { openGpu } from "../gpu/device.ts";
import { chooseTiling } from "../gpu/tiling.ts";
import { type DoneEvent, jsonLine, parseRunLog } from "../io/runLog.ts";
import { readSafetensors, writeSafetensors } from "../io/safetensors.ts";
import { samplesOf } from "../train/chunks.ts";
import { makePlan, type Plan } from "../train/plan.ts";
import { parseRecipe, type Recipe, RecipeError } from "../train/recipe.ts";
import { openSession } from "../train/session.ts";
import { shapeOf } from "../train/train.ts";
import { adapterSummary, type NamedTensors, type RunOptions, runTraining } from "../train/trainer.ts";
import { onInterrupt } from "./interrupt.ts";
import { createProgress, mean, percent, silentProgress } from "./progress.ts";
import { addRecipeOptions, parseCount, type RecipeFlags, recipeOf } from "./recipeOptions.ts";

interface TrainFlags extends RecipeFlags {
  readonly adapter: string;
  readonly out?: string;
  readonly log?: string;
  readonly logEvery: number;
  readonly checkpointEvery?: number;
  readonly resume?: string;
  readonly initFrom?: string;
  readonly order?: string;
  readonly json?: boolean;
}

/** Flags that may stand beside --resume: the recipe itself comes from the folder. */
const BESIDE_RESUME = [
  "resume",
  "epochs",
  "steps",
  "adapter",
  "out",
  "log",
  "logEvery",
  "checkpointEvery",
  "json",
  "debug",
];

/** `downhill train` */
export function trainCommand(): Command {
  const command = new Command("train");
  addRecipeOptions(command)
    .description("train a recipe; without flags: MNIST, 784-128-64-10 ReLU, Adam at 1e-3, batch 100, 10 epochs")
    .option("--adapter <auto|hardware|software|TEXT>", "the adapter: TEXT is a part of its name", "auto")
    .option("--out <DIR>", "folder of the run's recipe, log and checkpoint (default: runs/ and the time)")
    .option("--log <FILE.jsonl>", "where the log goes (default: log.jsonl in the run's folder)")
    .option("--log-every <N>", "steps from one logged step to the next", parseCount, 50)
    .option(
      "--checkpoint-every <N>",
      "steps from one checkpoint to the next (one is always written at the end)",
      parseCount,
    )
    .option("--resume <DIR>", "go on with the run in this folder, from its checkpoint")
    .option("--init-from <FILE.safetensors>", "start every member from these parameters")
    .option("--order <FILE.u32>", "sample indices, u32 little-endian, batch after batch, in place of the seed's order")
    .option("--json", "print nothing but the summary, as one JSON line")
    .addHelpText(
      "after",
      `
Examples:
  downhill train
  downhill train --epochs 3 --optimizer momentum:lr=0.05
  downhill train --batch-size full --epochs 20 --optimizer sgd:lr=0.5
  downhill train --population 8
  downhill train --vary lr=0.0003,0.001,0.003 --json`,
    )
    .action(async (flags: TrainFlags) => {
      await train(
        flags,
        Object.keys(flags).filter((name) => command.getOptionValueSource(name) === "cli"),
      );
    });
  return command;
}

async function train(flags: TrainFlags, given: readonly string[]): Promise<void> {
  const begun = performance.now();
  const resumed = flags.resume === undefined ? undefined : await readRun(flags.resume, flags, given);
  const recipe = resumed?.recipe ?? recipeOf(flags);
  const [dataset, initFrom] = await Promise.all([
    loadDataset(recipe.data, files),
    flags.initFrom === undefined ? undefined : readTensors(flags.initFrom),
  ]);
  const gpu = await openGpu(flags.adapter);
  const interrupt = onInterrupt();
  const print = flags.json ? () => {} : (line: string) => void process.stdout.write(`${line}\n`);
  try {
    const plan = makePlan(recipe, shapeOf(dataset), chooseTiling(gpu.adapter));
    const order = flags.order === undefined ? undefined : await readOrder(flags.order, plan);
    if (resumed && resumed.step >= plan.steps) {
      throw new RecipeError(
        `${flags.resume}: the run has its ${resumed.step} steps already; give more --epochs or --steps`,
      );
    }
    const session = await openSession(gpu, plan);
    const out = await makeRunFolder(flags.out ?? flags.resume);
    const log = flags.log ?? join(out, "log.jsonl");
    await writeFileAtomic(join(out, "recipe.json"), `${JSON.stringify(recipe, null, 2)}\n`);
    await writeFileAtomic(log, resumed ? await logUntil(resumed.step, log) : "");
    const lines = openLines(log);

    print(`adapter: ${gpu.adapter.name}${gpu.note ? ` (${gpu.note})` : ""}`);
    print(`training ${describe(plan)}`);
    const progress = flags.json
      ? silentProgress()
      : createProgress(process.stdout, Math.ceil(plan.steps / plan.stepsPerEpoch));
    const options: RunOptions = {
      signal: interrupt.signal,
      logEvery: flags.logEvery,
      onProgress: progress.onProgress,
      onCheckpoint: ({ tensors, metadata }) =>
        writeFileAtomic(join(out, "checkpoint.safetensors"), writeSafetensors(tensors, metadata)),
      ...(flags.checkpointEvery !== undefined && { checkpointEvery: flags.checkpointEvery }),
      ...(initFrom && { initFrom }),
      ...(order && { order }),
      ...(resumed && { resumeFrom: resumed.checkpoint }),
    };
    let done: DoneEvent | undefined;
    try {
      for await (const event of runTraining(gpu, session, dataset, options)) {
        lines.write(jsonLine(event));
        progress.onEvent(event);
        if (event.event === "done") done = event;
      }
    } catch (error) {
      progress.stop();
      if (!interrupt.signal.aborted) throw error;
      print(`stopped; the checkpoint is in ${out}: go on with downhill train --resume ${out}`);
      process.exitCode = interrupt.exitCode;
      return;
    } finally {
      lines.close();
      session.destroy();
    }
    progress.stop();
    if (!done) return;
    if (flags.json) process.stdout.write(`${jsonLine({ ...summary(done, begun), adapter: adapterSummary(gpu) })}\n`);
    else print(`${report(done, plan)}\nsaved in ${out}`);
  } finally {
    interrupt.dispose();
    gpu.destroy();
  }
}

function summary({ steps, seconds, models }: DoneEvent, begun: number) {
  return { steps, seconds: { ...seconds, total: (performance.now() - begun) / 1000 }, models };
}

function describe(plan: Plan): string {
  const widths = [plan.data.inputs, ...plan.recipe.hidden, plan.data.classes].join("-");
  const { name, lr } = plan.recipe.optimizer as { name: string; lr?: number };
  const P = plan.members.length;
  const vary = plan.recipe.vary;
  return (
    `${widths} ${plan.recipe.activation} on ${plan.recipe.data} with ${name}${lr === undefined ? "" : ` (lr ${lr})`}, ` +
    `batch ${plan.batch}, ${plan.steps} steps` +
    `${P > 1 ? `, ${P} members${vary ? ` (${vary.key}: ${vary.values.join(", ")})` : ""}` : ""}`
  );
}

function report({ steps, seconds, models }: DoneEvent, plan: Plan): string {
  const { vary } = plan.recipe;
  const rows = models.map(({ seed, train_loss, test_loss, test_accuracy }, m) => {
    const who = models.length === 1 ? "" : vary ? `${vary.key} ${vary.values[m]}: ` : `seed ${seed}: `;
    return `${who}test accuracy ${percent(test_accuracy)}, test loss ${test_loss.toFixed(4)}, train loss ${train_loss.toFixed(4)}`;
  });
  if (models.length > 1 && !vary) {
    const accuracies = models.map((model) => model.test_accuracy);
    const average = mean(accuracies);
    const deviation = Math.sqrt(accuracies.reduce((sum, a) => sum + (a - average) ** 2, 0) / (accuracies.length - 1));
    rows.push(`mean of ${models.length}: test accuracy ${percent(average)} ± ${percent(deviation)}`);
  }
  const epochs = steps / plan.stepsPerEpoch;
  const images = (steps * plan.batch * models.length) / seconds.train;
  rows.push(
    `${steps} steps in ${seconds.train.toFixed(1)} s of training (${(seconds.train / epochs).toFixed(2)} s an epoch, ` +
      `${Math.round(images).toLocaleString("en")} images/s), ${seconds.total.toFixed(1)} s in all`,
  );
  return rows.join("\n");
}

async function readTensors(file: string): Promise<NamedTensors> {
  return { file, contents: readSafetensors(await files.read(file), file) };
}

async function readOrder(file: string, plan: Plan): Promise<Uint32Array> {
  return parseOrder(await files.read(file), { file, count: plan.data.trainCount, needed: samplesOf(plan, plan.steps) });
}

/** The recipe, checkpoint and position of an earlier run. */
async function readRun(folder: string, flags: TrainFlags, given: readonly string[]) {
  const other = given.filter((name) => !BESIDE_RESUME.includes(name));
  if (other.length > 0) {
    const names = other.map((name) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
    throw new RecipeError(`--resume takes the run's own recipe: leave ${names.join(", ")} out`);
  }
  const recipeFile = join(folder, "recipe.json");
  const saved = JSON.parse(new TextDecoder().decode(await files.read(recipeFile))) as object;
  const recipe: Recipe = parseRecipe({
    ...saved,
    ...(flags.epochs !== undefined && { epochs: flags.epochs, steps: undefined }),
    ...(flags.steps !== undefined && { steps: flags.steps }),
  });
  const checkpoint = await readTensors(join(folder, "checkpoint.safetensors"));
  return { recipe, checkpoint, step: Number(checkpoint.contents.metadata.step) };
}

/** The lines of an interrupted run's log that its checkpoint still stands for. */
async function logUntil(step: number, file: string): Promise<string> {
  if (!(await files.exists(file))) return "";
  const events = parseRunLog(new TextDecoder().decode(await files.read(file)), file);
  const kept = events.filter((event) => event.event === "start" || (event.event !== "done" && event.step <= step));
  return kept.map((event) => `${jsonLine(event)}\n`).join("");
}
