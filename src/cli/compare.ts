import { join } from "node:path";
import { Command } from "commander";
import { files, makeRunFolder, packageVersion, writeFileAtomic } from "#platform";
import type { Dataset } from "../data/dataset.ts";
import { openGpu } from "../gpu/device.ts";
import { jsonLine } from "../io/runLog.ts";
import {
  type CompareSettings,
  type ContenderResult,
  runComparison,
  type Stage,
  type Workload,
} from "../lab/compare/protocol.ts";
import { type CompareResults, resultsOf } from "../lab/compare/results.ts";
import { summarise } from "../lab/compare/summary.ts";
import { reportFiles } from "../lab/report/files.ts";
import { loadData } from "../train/data.ts";
import { RecipeError, type RecipeInput } from "../train/recipe.ts";
import { adapterSummary } from "../train/trainer.ts";
import { validationCount } from "../train/validationField.ts";
import { addCompareOptions, type CompareFlags, checkFlags } from "./compareOptions.ts";
import { closingLines, compareColumns, rowAtWork, rowOf } from "./compareTable.ts";
import { openFinishedRuns } from "./finishedRuns.ts";
import { onInterrupt } from "./interrupt.ts";
import { type LiveTable, liveTable, silentTable } from "./liveTable.ts";
import { recipeOf } from "./recipeOptions.ts";
import { tilingOf } from "./tilingOptions.ts";
import { HELD_OUT } from "./validationOptions.ts";

/** `downhill compare` */
export function compareCommand(): Command {
  const command = new Command("compare");
  addCompareOptions(command)
    .description("train one network with several optimizers, from the same starts in the same orders, and report")
    .addHelpText(
      "after",
      `
Learning rates are those given, else the optimizers' defaults. With --tuned each optimizer has as many trials, on training
samples that are held out (--validation); the chosen rate then trains fresh seeds on the whole training set. A difference is
called one only where the 95 % interval over the seeds excludes zero.

Examples:
  downhill compare --epochs 3
  downhill compare --optimizers sgd:lr=0.1,adam:lr=0.001,lion --seeds 10 --targets 95,97
  downhill compare --tuned --workloads mnist:128-64,mnist:32 --epochs 5 --out runs/fair`,
    )
    .action(async (flags: CompareFlags) => {
      checkFlags(flags, (name) => command.getOptionValueSource(name) === "cli");
      await compare(flags);
    });
  return command;
}

async function compare(flags: CompareFlags): Promise<void> {
  const interrupt = onInterrupt("what is finished is kept");
  const settings = await settingsOf(flags);
  const gpu = await openGpu(flags.adapter);
  const out = await makeRunFolder(
    flags.out ?? join("runs", `compare-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`),
  );
  const { columns, widths } = compareColumns(settings.workloads, settings.contenders, flags.targets);
  const table = flags.json ? silentTable() : liveTable(columns, process.stdout, widths);
  const several = settings.workloads.length > 1;
  try {
    const finished = await openFinishedRuns(join(out, "finished"));
    if (!flags.json) {
      process.stdout.write(
        `adapter: ${gpu.adapter.name}${gpu.note ? `\n(${gpu.note})` : ""}\n${headline(settings)}\n\n`,
      );
    }
    interrupt.signal.addEventListener("abort", () => table.stop());
    interrupt.begin();
    const provenance = { version: packageVersion(), adapter: { name: gpu.adapter.name, ...adapterSummary(gpu) } };
    let results: ContenderResult[];
    try {
      results = await runComparison(gpu, settings, {
        finished,
        machine: provenance,
        signal: interrupt.signal,
        observer: {
          onProgress: (stage, { share }, accuracy) => showProgress(table, stage, several, share, accuracy),
          onResult: (result) => showResult(table, result, settings, flags.targets),
        },
      });
    } catch (error) {
      table.stop();
      if (error !== interrupt.signal.reason) throw error;
      process.stderr.write(`stopped; finished runs are in ${out}: the same command with --out ${out} goes on\n`);
      return interrupt.exit();
    }
    table.stop();
    const all = resultsOf(results, settings, flags.targets, {
      ...provenance,
      created: new Date().toISOString(),
      command: commandLine(),
    });
    for (const { name, content } of await reportFiles(
      all,
      settings.workloads.map(({ dataset }) => dataset),
    )) {
      await writeFileAtomic(join(out, name), content);
    }
    process.stdout.write(flags.json ? `${jsonLine(briefly(all, out))}\n` : closing(all, settings.workloads, out));
    if (results.every(({ population }) => !population)) {
      throw new RecipeError(results.map(({ contender, refusal }) => `${contender}: ${refusal}`).join("\n"));
    }
  } finally {
    interrupt.dispose();
    gpu.destroy();
  }
}

/** The comparison that the flags ask for, its data loaded. */
async function settingsOf(flags: CompareFlags): Promise<CompareSettings> {
  const { optimizer: _, population: __, seed, ...recipe } = recipeOf(flags);
  const seeds = flags.seeds ?? 5;
  const asked = flags.workloads ?? [{ data: recipe.data }];
  const datasets = new Map<string, Dataset>();
  const workloads: Workload[] = [];
  for (const { data, hidden = recipe.hidden } of asked) {
    const dataset = datasets.get(data) ?? (await loadData({ ...recipe, data }, files));
    datasets.set(data, dataset);
    if (dataset.train.values) {
      throw new RecipeError(
        `${data}: compare is about accuracies, and these samples are to be told as values; try sweep`,
      );
    }
    const label = `${data} ${hidden.length > 0 ? hidden.join("-") : "linear"}`;
    if (workloads.some((other) => other.label === label)) throw new RecipeError(`--workloads: ${label} is given twice`);
    workloads.push({ label, dataset, recipe: { ...recipe, data, hidden: [...hidden] } as RecipeInput });
  }
  const least = Math.min(...workloads.map(({ dataset }) => dataset.train.count));
  const validation = validationCount(recipe, least) || Math.max(1, Math.round(HELD_OUT * least));
  const tuning = flags.tuned ? { rates: flags.rates, validation, by: flags.choose } : undefined;
  const { optimizers: contenders, evaluateEvery } = flags;
  return { workloads, contenders, seeds, seed, tiling: tilingOf(flags), evaluateEvery, ...(tuning && { tuning }) };
}

/** One line that says what is compared. */
function headline({ contenders, workloads, seeds, seed, tuning }: CompareSettings): string {
  const who = `${contenders.length} optimizer${contenders.length > 1 ? "s" : ""}`;
  const { epochs, steps, batch_size } = workloads[0]?.recipe ?? {};
  const length = steps === undefined ? `${epochs} epoch${epochs === 1 ? "" : "s"}` : `${steps} steps`;
  const which = seeds > 1 ? `seeds ${seed} to ${seed + seeds - 1}` : `seed ${seed}`;
  const trials = tuning ? `, ${tuning.rates.length} learning rates tried on ${tuning.validation} held out samples` : "";
  return `${who} on ${workloads.map(({ label }) => label).join(", ")}: ${length}, batch ${batch_size}, ${which}${trials}`;
}

const rowKey = (workload: string, contender: string) => `${workload}\n${contender}`;

function showProgress(
  table: LiveTable,
  at: Stage,
  several: boolean,
  share: number,
  accuracy: number | undefined,
): void {
  const [workload, contender] = [at.workload.label, at.contender.label];
  const what = `${at.stage} ${Math.floor(100 * share)} %${accuracy === undefined ? "" : `, ${(100 * accuracy).toFixed(2)}`}`;
  table.set(rowKey(workload, contender), rowAtWork(workload, contender, several, what));
}

function showResult(
  table: LiveTable,
  result: ContenderResult,
  settings: CompareSettings,
  targets: readonly number[],
): void {
  const { workload, contender } = result;
  const [summary] = summarise([result], settings, targets).contenders;
  table.finish(rowKey(workload, contender), rowOf(result, summary, settings.workloads.length > 1));
}

function closing(results: CompareResults, workloads: readonly Workload[], out: string): string {
  return `\n${[...closingLines(results.summary, workloads), `report in ${join(out, "report.html")}`].join("\n")}\n`;
}

/** The line of `--json`: all but the courses of the runs, which `results.json` has. */
function briefly({ results: _, ...brief }: CompareResults, out: string) {
  return { ...brief, out };
}

/** The command line of this process, as a shell takes it. */
function commandLine(): string {
  const quoted = process.argv
    .slice(2)
    .map((text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`));
  return ["downhill", ...quoted].join(" ");
}
