import { InvalidArgumentError } from "commander";
import { openGpu } from "../gpu/device.ts";
import { createTimer } from "../gpu/timing.ts";
import { type UpdateCost, updateCosts } from "../lab/updateCost.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { optimizers } from "../optim/registry.ts";
import { suggest } from "../train/messages.ts";
import { adapterSummary } from "../train/trainer.ts";
import { updateHead, updateRow } from "./benchReport.ts";
import { parseNumber } from "./values.ts";

/** What `bench --optimizers` goes by. */
export interface BenchOptimizersFlags {
  readonly adapter: string;
  readonly optimizers: readonly Optimizer[];
  readonly parameters: number;
  readonly seconds: number;
  readonly json?: boolean;
}

/** `downhill bench --optimizers`: what a step of each costs, against a copy of as many bytes. Needs no data set. */
export async function benchOptimizers(flags: BenchOptimizersFlags): Promise<void> {
  const gpu = await openGpu(flags.adapter);
  const timer = createTimer(gpu);
  const say = (text: string) => flags.json || process.stdout.write(text);
  try {
    say(`adapter      ${gpu.adapter.name}${gpu.note ? `\n             (${gpu.note})` : ""}\n`);
    const costs: UpdateCost[] = [];
    for await (const cost of updateCosts(gpu, timer, flags.optimizers, flags.parameters, flags.seconds)) {
      if (costs.length === 0) say(updateHead(cost.parameters, timer.kind));
      costs.push(cost);
      say(updateRow(cost));
    }
    for (const { name } of flags.optimizers.filter(({ needsLoss }) => needsLoss)) {
      say(`left out: ${name}, whose steps go by the loss; downhill bench --optimizer ${name} times it in training\n`);
    }
    if (flags.json) {
      const head = { adapter: adapterSummary(gpu), timed_by: timer.kind };
      process.stdout.write(`${JSON.stringify({ ...head, optimizers: costs })}\n`);
    }
  } finally {
    timer.destroy();
    gpu.destroy();
  }
}

/** `all`, or names with commas. */
export function parseOptimizers(text: string): readonly Optimizer[] {
  if (text === "all") return optimizers;
  const known = optimizers.map(({ name }) => name);
  const names = text.split(",");
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(
      `"${unknown}" is no optimizer${suggest(unknown, known)}; downhill list optimizers has them all`,
    );
  }
  return optimizers.filter(({ name }) => names.includes(name));
}

/** How many parameters the updates are timed on. */
export function parseParameters(text: string): number {
  const count = parseNumber(text);
  if (!Number.isInteger(count) || count < 1000) {
    throw new InvalidArgumentError(`"${text}" must be a whole number of at least 1000`);
  }
  return count;
}
