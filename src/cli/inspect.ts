import { Command } from "commander";
import { files } from "#platform";
import { loadDataset } from "../data/dataset.ts";
import { checkFits, mebibytes } from "../gpu/buffers.ts";
import { type Gpu, openGpu } from "../gpu/device.ts";
import { describe } from "../gpu/kernel.ts";
import { chooseTiling } from "../gpu/tiling.ts";
import { makePlan, type Plan, type Stage } from "../train/plan.ts";
import { shapeOf } from "../train/train.ts";
import { addAdapterOption, addRecipeOptions, type RecipeFlags, recipeOf } from "./recipeOptions.ts";
import { networkOf } from "./report.ts";

const STAGES: Readonly<Record<Stage, string>> = {
  init: "once, at the start",
  shuffle: "once a submit: the order of its samples",
  chunk: "each chunk of a batch: forward, loss, backward",
  update: "once a step",
  evaluate: "each chunk of the test set",
};

/** `downhill inspect` */
export function inspectCommand(): Command {
  return addAdapterOption(
    addRecipeOptions(new Command("inspect")),
    "the adapter to plan for: TEXT is a part of its name",
  )
    .description("show the plan of a recipe: buffers, bytes, dispatches a step")
    .option("--json", "print the plan as one JSON line")
    .addHelpText(
      "after",
      "\nExamples:\n  downhill inspect\n  downhill inspect --hidden 512,512 --population 64\n  downhill inspect --batch-size full --json",
    )
    .action(async (flags: RecipeFlags & { adapter: string; json?: boolean }) => {
      const recipe = recipeOf(flags);
      const dataset = await loadDataset(recipe.data, files);
      const gpu = await openGpu(flags.adapter);
      const plan = makePlan(recipe, shapeOf(dataset), chooseTiling(gpu));
      const misfit = misfitOf(gpu, plan);
      gpu.destroy();
      process.stdout.write(flags.json ? `${JSON.stringify(plan)}\n` : print(plan, gpu.adapter.name));
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

function print(plan: Plan, adapter: string): string {
  const { buffers, stages, model, members } = plan;
  const parameters = model.arena.tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const total = Object.values(buffers).reduce((sum, { bytes }) => sum + bytes, 0);
  const chunks = Math.ceil(plan.batch / plan.chunkRows);
  const perStep = chunks * stages.chunk.length + stages.update.length;
  const lines = [
    `network      ${networkOf(plan)}, ${parameters} parameters, ${members.length} member${members.length > 1 ? "s" : ""}`,
    `optimizer    ${settings(plan.recipe.optimizer)}; state: ${plan.slots.map(({ name }) => name).join(", ") || "none"}`,
    `steps        ${plan.steps} of ${plan.batch} samples (${chunks} chunk${chunks > 1 ? "s" : ""} of ${plan.chunkRows}), ${plan.stepsPerEpoch} an epoch`,
    `adapter      ${adapter}, ${plan.tiling} kernels`,
    `dispatches   ${perStep} a step`,
    "",
    `buffers      ${mebibytes(total)} in all`,
    ...Object.entries(buffers).map(
      ([name, { bytes, what }]) => `  ${name.padEnd(14)} ${mebibytes(bytes).padStart(10)}  ${what}`,
    ),
  ];
  for (const [name, dispatches] of Object.entries(stages)) {
    lines.push("", `${name.padEnd(12)} ${STAGES[name as Stage]}`);
    for (const { label, kernel, workgroups } of dispatches) {
      lines.push(`  ${label.padEnd(24)} ${workgroups.join(" x ").padEnd(12)} ${describe(kernel)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** `adam lr=0.001 beta1=0.9 ...` */
function settings({ name, ...hyper }: Plan["recipe"]["optimizer"]): string {
  return [name, ...Object.entries(hyper).map(([key, value]) => `${key}=${value}`)].join(" ");
}
