import { rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { files, type LineWriter, makeRunFolder, openLines, writeFileAtomic } from "#platform";
import { parseOrder } from "../data/orderFile.ts";
import { openGpu } from "../gpu/device.ts";
import { type DoneEvent, jsonLine } from "../io/runLog.ts";
import { readSafetensors, writeSafetensors } from "../io/safetensors.ts";
import { spreadOf } from "../lab/evaluation.ts";
import { bestOf } from "../train/best.ts";
import { kernelsOfCheckpoint } from "../train/checkpointPosition.ts";
import { samplesOf } from "../train/chunks.ts";
import { loadData } from "../train/data.ts";
import { makePlan, type Plan } from "../train/plan.ts";
import { type Recipe, RecipeError } from "../train/recipe.ts";
import { checkOptions, type NamedTensors, type RunOptions } from "../train/runOptions.ts";
import { selectTiling } from "../train/selectTiling.ts";
import { openSession } from "../train/session.ts";
import { shapeOf } from "../train/train.ts";
import { adapterSummary, runTraining } from "../train/trainer.ts";
import { onInterrupt } from "./interrupt.ts";
import { createProgress, silentProgress } from "./progress.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags, recipeOf } from "./recipeOptions.ts";
import { describe, report, samplesOfPlan } from "./report.ts";
import { BEST, CHECKPOINT, LOG, logUntil, RECIPE, readRun } from "./resume.ts";
import { tableLines } from "./tableReport.ts";
import { addTilingOptions, type TilingFlags, tilingOf } from "./tilingOptions.ts";
import { parseCount, parseText } from "./values.ts";

interface TrainFlags extends RecipeFlags, TilingFlags {
  readonly adapter: string;
  readonly out?: string;
  readonly log?: string;
  readonly logEvery: number;
  readonly checkpointEvery?: number;
  readonly resume?: string;
  readonly initFrom?: string;
  readonly order?: string;
  readonly ensemble?: boolean;
  readonly json?: boolean;
}

/** `downhill train` */
export function trainCommand(): Command {
  const command = new Command("train");
  addTilingOptions(addAdapterOption(addRecipeOptions(command)))
    .description("train a recipe; without flags: MNIST, 784-128-64-10 ReLU, Adam at 1e-3, batch 100, 10 epochs")
    .option("--out <DIR>", "folder of the run's recipe, log and checkpoint (default: runs/ and the time)", parseText)
    .option("--log <FILE.jsonl>", "where the log goes (default: log.jsonl in the run's folder)", parseText)
    .option("--log-every <N>", "steps from one logged step to the next", parseCount, 50)
    .option(
      "--checkpoint-every <N>",
      "steps from one checkpoint to the next (one is always written at the end)",
      parseCount,
    )
    .option("--resume <DIR>", "go on with the run in this folder, from its checkpoint", parseText)
    .option("--init-from <FILE.safetensors>", "start every member from these parameters", parseText)
    .option(
      "--order <FILE.u32>",
      "sample indices, u32 little-endian, batch after batch, in place of the seed's order",
      parseText,
    )
    .option("--ensemble", "put the members together also where --vary made them differ in more than their seeds")
    .option("--json", "print nothing but the summary, as one JSON line")
    .addHelpText(
      "after",
      `
Examples:
  downhill train
  downhill train --epochs 3 --optimizer momentum:lr=0.05
  downhill train --optimizer adam:lr=0.003 --schedule cosine:warmup=600
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
  const interrupt = onInterrupt();
  const resumed = flags.resume === undefined ? undefined : await readRun(flags.resume, flags, given);
  const from = resumed?.position.step ?? 0;
  const recipe = resumed?.recipe ?? recipeOf(flags);
  const [dataset, initFrom] = await Promise.all([
    loadData(recipe, files),
    flags.initFrom === undefined ? undefined : readTensors(flags.initFrom),
  ]);
  const gpu = await openGpu(flags.adapter);
  try {
    const setting = resumed
      ? kernelsOfCheckpoint(resumed.checkpoint.contents, resumed.checkpoint.file)
      : tilingOf(flags);
    const plan = makePlan(recipe, shapeOf(dataset), await selectTiling(gpu, recipe, shapeOf(dataset), setting));
    if (resumed && from >= plan.steps && (resumed.position.evaluated || from > plan.steps)) {
      throw new RecipeError(
        `--resume ${flags.resume}: the run has its ${from} steps already; give more --epochs or --steps`,
      );
    }
    if (resumed?.position.stopping?.every(({ stopped }) => stopped)) {
      throw new RecipeError(`--resume ${flags.resume}: early stopping has ended the run after ${from} steps`);
    }
    const orderFile = flags.order ?? resumed?.order;
    const order = orderFile === undefined ? undefined : await readOrder(orderFile, plan);
    const how = { ...(order && { order }), ...(flags.ensemble !== undefined && { ensemble: flags.ensemble }) };
    checkOptions(gpu, plan, how);
    const session = await openSession(gpu, plan);
    const { out, lines } = await openRun(flags, recipe, from);
    if (plan.note !== undefined) process.stderr.write(`note: ${plan.note}\n`);
    if (!flags.json) {
      process.stdout.write(`adapter: ${gpu.adapter.name}${gpu.note ? `\n(${gpu.note})` : ""}\n`);
      process.stdout.write(`training ${describe(plan)}${from > 0 ? `, going on after step ${from}` : ""}\n`);
      for (const line of tableLines(plan)) process.stdout.write(`${line}\n`);
    }
    const size = {
      epochs: Math.ceil(plan.steps / plan.stepsPerEpoch),
      steps: plan.steps,
      members: plan.members.length,
      samples: samplesOfPlan(plan),
    };
    const progress = flags.json ? silentProgress() : createProgress(process.stdout, size);
    interrupt.signal.addEventListener("abort", () => progress.stop());
    interrupt.begin();
    const options: RunOptions = {
      signal: interrupt.signal,
      logEvery: flags.logEvery,
      onProgress: progress.onProgress,
      onCheckpoint: async ({ tensors, metadata }) => {
        const best = bestOf({ tensors, metadata });
        if (best) await writeFileAtomic(join(out, BEST), writeSafetensors(best.tensors, best.metadata));
        const all = { ...metadata, ...(orderFile !== undefined && { order: resolve(orderFile) }) };
        return writeFileAtomic(join(out, CHECKPOINT), writeSafetensors(tensors, all));
      },
      ...(flags.checkpointEvery !== undefined && { checkpointEvery: flags.checkpointEvery }),
      ...(initFrom && { initFrom }),
      ...how,
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
      if (error !== interrupt.signal.reason) throw error;
      process.stderr.write(`stopped; the checkpoint is in ${out}: go on with downhill train --resume ${out}\n`);
      // The device may be at a long step still: freeing it would wait for that.
      return interrupt.exit();
    }
    lines.close();
    progress.stop();
    session.destroy();
    if (!done) return;
    const summary = summaryOf(done, { adapter: adapterSummary(gpu), out, begun });
    process.stdout.write(flags.json ? `${jsonLine(summary)}\n` : `${report(done, plan, from)}\nsaved in ${out}\n`);
  } finally {
    interrupt.dispose();
    gpu.destroy();
  }
}

/** Makes the run's folder, with its recipe and its log: a new one, or that of the resumed run up to its step. */
async function openRun(flags: TrainFlags, recipe: Recipe, from: number): Promise<{ out: string; lines: LineWriter }> {
  const given = flags.out ?? flags.resume;
  if (given !== undefined && (await stat(given).catch(() => undefined))?.isFile()) {
    throw new Error(`--out ${given}: it is a file; give a folder, or a name that is free`);
  }
  const out = await makeRunFolder(given);
  const log = flags.log ?? join(out, LOG);
  let kept = "";
  if (flags.resume !== undefined) {
    kept = await logUntil(from, (await files.exists(log)) ? log : join(flags.resume, LOG));
  } else {
    // What an earlier run left here must not pass for this one's.
    for (const file of [CHECKPOINT, BEST]) await rm(join(out, file), { force: true });
  }
  await writeFileAtomic(join(out, RECIPE), `${JSON.stringify(recipe, null, 2)}\n`);
  await writeFileAtomic(log, kept);
  return { out, lines: openLines(log) };
}

/** The line of `--json`. */
function summaryOf(done: DoneEvent, more: { adapter: object; out: string; begun: number }) {
  const { steps, models, ensemble } = done;
  const { adapter, out, begun } = more;
  const together = { ...(models.length > 1 && spreadOf(models)), ...(ensemble && { ensemble }) };
  const seconds = { ...done.seconds, total: (performance.now() - begun) / 1000 };
  return { adapter, steps, seconds, models, ...together, out };
}

async function readTensors(file: string): Promise<NamedTensors> {
  return { file, contents: readSafetensors(await files.read(file), file) };
}

async function readOrder(file: string, plan: Plan): Promise<Uint32Array> {
  return parseOrder(await files.read(file), { file, count: plan.data.trainCount, needed: samplesOf(plan, plan.steps) });
}
