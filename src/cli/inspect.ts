import { Command } from "commander";
import { files } from "#platform";
import type { Dataset } from "../data/dataset.ts";
import { checkFits, mebibytes } from "../gpu/buffers.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { describe } from "../gpu/kernel.ts";
import { familyOf } from "../gpu/tilingChoice.ts";
import { largestFitting } from "../lab/growth.ts";
import { loadData } from "../train/data.ts";
import { makePlan, type Plan, type Stage } from "../train/plan.ts";
import type { Recipe } from "../train/recipe.ts";
import { selectTiling } from "../train/selectTiling.ts";
import { shapeOf } from "../train/train.ts";
import { type Work, workClass, workOf } from "../train/tuning.ts";
import { memoryOf } from "./memory.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags, recipeOf } from "./recipeOptions.ts";
import { networkOf } from "./report.ts";
import { describeSchedules } from "./scheduleOption.ts";
import { tableLines } from "./tableReport.ts";
import { addTilingOptions, type TilingFlags, tilingOf } from "./tilingOptions.ts";

const STAGES: Readonly<Record<Stage, string>> = {
  init: "once, at the start",
  shuffle: "once a submit: the order of its samples",
  chunk: "each chunk of a batch: forward, loss, backward",
  again: "the same for a step's second gradient",
  between: "between a step's gradients, where it takes two",
  update: "once a step",
  sync: "every few steps, behind the update",
  average: "once a step, or at points late in the run: the average of the weights",
  view: "once an evaluation: the weights that it takes",
  statistics: "each batch of training samples that gives batch norm's statistics of those weights",
  evaluate: "each chunk of the test set",
  validate: "each chunk of the validation samples",
};

/** `downhill inspect` */
export function inspectCommand(): Command {
  const recipe = addRecipeOptions(new Command("inspect"));
  return addTilingOptions(addAdapterOption(recipe, "the adapter to plan for: TEXT is a part of its name"))
    .description("show the plan of a recipe: buffers, bytes, dispatches a step")
    .option("--json", "print the plan as one JSON line")
    .addHelpText(
      "after",
      "\nExamples:\n  downhill inspect\n  downhill inspect --hidden 512,512 --population 64\n  downhill inspect --batch-size full --json",
    )
    .action(async (flags: RecipeFlags & TilingFlags & { adapter: string; json?: boolean }) => {
      const recipe = recipeOf(flags);
      const dataset = await loadData(recipe, files);
      const gpu = await openGpu(flags.adapter);
      const tiling = await selectTiling(gpu, recipe, shapeOf(dataset), tilingOf(flags));
      const plan = makePlan(recipe, shapeOf(dataset), tiling);
      const misfit = misfitOf(gpu, plan);
      const largest = flags.json ? "" : largestOf(gpu, dataset, recipe);
      gpu.destroy();
      process.stdout.write(
        flags.json
          ? `${JSON.stringify(plan)}\n`
          : print(plan, workOf(recipe, plan.data, tiling), gpu.adapter.name, largest),
      );
      if (plan.note !== undefined) process.stderr.write(`note: ${plan.note}\n`);
      if (misfit) process.stderr.write(`this adapter cannot run it: ${misfit}\n`);
    });
}

/** Why the plan does not fit the device, if it does not. */
function misfitOf(gpu: Gpu, plan: Plan): string | undefined {
  try {
    checkFits(gpu.device.limits, plan.buffers);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The largest population, and width of all hidden layers, that fit with the rest of the recipe as it is. */
function largestOf(gpu: Gpu, dataset: Dataset, { vary: _, ...recipe }: Recipe): string {
  const [width, population] = (["width", "population"] as const).map((axis) =>
    largestFitting(gpu, dataset, { ...recipe, vary: undefined }, axis, memoryOf(gpu)),
  );
  return `a population of ${population}, or two hidden layers of ${width}, at most`;
}

function print(plan: Plan, work: readonly Work[], adapter: string, largest: string): string {
  const { buffers, stages, model, members } = plan;
  const parameters = model.arena.tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const total = Object.values(buffers).reduce((sum, { bytes }) => sum + bytes, 0);
  const chunks = Math.ceil(plan.batch / plan.chunkRows);
  const perStep = plan.gradients * chunks * stages.chunk.length + stages.between.length + stages.update.length;
  const lines = [
    `network      ${networkOf(plan)}, ${parameters} parameters, ${members.length} member${members.length > 1 ? "s" : ""}`,
    `optimizer    ${settings(plan.recipe.optimizer)}; state: ${stateOf(plan)}`,
    ...wrappersOf(plan.recipe).map((text) => `around it    ${text}`),
    ...describeSchedules(plan.recipe).map((text) => `schedule     ${text}`),
    ...(plan.recipe.augment ? [`augment      ${keyValues(plan.recipe.augment)}`] : []),
    ...tableLines(plan).map((text) => `table        ${text}`),
    ...(plan.recipe.loss.name === "cross_entropy" ? [] : [`loss         ${settings(plan.recipe.loss)}`]),
    `steps        ${plan.steps} of ${plan.batch} samples (${chunks} chunk${chunks > 1 ? "s" : ""} of ${plan.chunkRows}), ${plan.stepsPerEpoch} an epoch`,
    `adapter      ${adapter}, ${plan.tiling} kernels`,
    `dispatches   ${perStep} a step`,
    "",
    `would fit    ${largest}`,
    `buffers      ${mebibytes(total)} in all`,
    ...Object.entries(buffers).map(
      ([name, { bytes, what }]) => `  ${name.padEnd(14)} ${mebibytes(bytes).padStart(10)}  ${what}`,
    ),
  ];
  lines.push("", "products     by which kernels: forward, gradients; inputs x outputs");
  for (const one of work) {
    if (one.op !== "gather") lines.push(`  ${workClass(one).padEnd(46)} ${familyOf(plan.kernels, one)}`);
  }
  for (const [name, dispatches] of Object.entries(stages)) {
    lines.push("", `${name.padEnd(12)} ${STAGES[name as Stage]}`);
    for (const { label, kernel, workgroups } of dispatches) {
      lines.push(`  ${label.padEnd(24)} ${workgroups.join(" x ").padEnd(12)} ${describe(kernel)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Names of what the optimizer keeps, as in a checkpoint; without the tensors'. */
function stateOf({ kept }: Plan): string {
  const names = kept.flatMap(({ slots, arena }) =>
    slots.flatMap(({ name }) =>
      name === "" ? arena.tensors.map((tensor) => tensor.name.split(".")[0] ?? "") : [name],
    ),
  );
  return [...new Set(names)].join(", ") || "none";
}

/** `lookahead k=5 alpha=0.5` */
function wrappersOf({ decay, lookahead, sam }: Plan["recipe"]): string[] {
  return [
    ...(decay === "weights" ? ["decay of weights alone"] : []),
    ...(lookahead ? [`lookahead k=${lookahead.k} alpha=${lookahead.alpha}`] : []),
    ...(sam ? [`sam rho=${sam.rho}`] : []),
  ];
}

/** `adam lr=0.001 beta1=0.9 ...` */
function settings({ name, ...hyper }: { readonly name: string }): string {
  return `${name} ${keyValues(hyper)}`;
}

function keyValues(settings: object): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}
