import { z } from "zod";
import type { Dataset } from "../data/dataset.ts";
import { holdOut } from "../data/split.ts";
import type { Gpu } from "../gpu/device.ts";
import type { DoneEvent, StepEvent } from "../io/runLog.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Recipe, RecipeInput } from "../train/recipe.ts";
import { train } from "../train/train.ts";
import { learningRates } from "./learningRates.ts";

/** The learning rates that every optimizer may take. */
export const COMPARE_RATES: readonly number[] = [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3];

/** Training samples that choose the learning rate, and are trained on once it is chosen. */
export const VALIDATION_SAMPLES = 5000;

/** Points of a loss curve. */
const CURVE_POINTS = 60;

/** How optimizers are compared. */
export interface CompareSettings {
  /** The recipe of all runs, without its optimizer: MNIST's main job unless it says otherwise. */
  readonly recipe: RecipeInput;
  /** Models that the chosen learning rate trains, seeded from the recipe's seed on. */
  readonly seeds: number;
  readonly grid: readonly number[];
  /** Samples held out of the training set while the learning rate is chosen. */
  readonly validation: number;
}

/** A measured number; JSON has the ones that are no number as texts. */
const measured = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number)]);

/** What came of an optimizer. */
export const comparisonSchema = z.object({
  optimizer: z.string(),
  /** The chosen learning rate; absent where there is none to choose. */
  lr: z.number().optional(),
  /** The loss on the held out samples with each rate of the grid. */
  validation: z.array(z.object({ lr: z.number(), loss: measured })),
  /** On the test set, for each seed: 0..1. */
  test_accuracy: z.array(measured),
  test_loss: z.array(measured),
  /** Of training one seed for an epoch, where all of them train side by side. */
  seconds_per_epoch: z.number(),
  /** The training loss over the course of the run, mean over the seeds: [epochs done, loss]. */
  curve: z.array(z.tuple([z.number(), measured])),
});

export type Comparison = z.output<typeof comparisonSchema>;

/**
 * Chooses an optimizer's learning rate on held out training samples: one population, a member for each rate, all from the
 * same start. Then trains it on the whole training set from several seeds, and evaluates them on the test set.
 * @throws RecipeError where the optimizer cannot train the recipe
 */
export async function compareOptimizer(
  gpu: Gpu,
  dataset: Dataset,
  optimizer: Optimizer,
  { recipe, seeds, grid, validation }: CompareSettings,
): Promise<Comparison> {
  const { name } = optimizer;
  const rates = learningRates(optimizer, grid).flatMap((lr) => lr ?? []);
  let tried: Tried[] = [];
  if (rates.length > 0) {
    const { rest, held } = holdOut(dataset.train, validation, recipe.seed ?? 0);
    const parts: Dataset = { name: dataset.name, train: rest, test: held };
    const vary = { key: "lr", values: [...rates] };
    const { done } = await runTo(gpu, parts, { ...recipe, optimizer: { name }, vary });
    tried = rates.map((lr, member) => ({ lr, loss: done.models[member]?.test_loss ?? Number.NaN }));
  }
  const lr = lowest(tried)?.lr;
  const settings = { name, ...(lr !== undefined && { lr }) };
  const { done, steps, stepsPerEpoch } = await runTo(gpu, dataset, {
    ...recipe,
    optimizer: settings,
    population: seeds,
  });
  const epochs = done.steps / stepsPerEpoch;
  return {
    optimizer: name,
    ...(lr !== undefined && { lr }),
    validation: tried,
    test_accuracy: done.models.map(({ test_accuracy }) => test_accuracy),
    test_loss: done.models.map(({ test_loss }) => test_loss),
    seconds_per_epoch: done.seconds.train / epochs / seeds,
    curve: curveOf(steps, done.steps, epochs),
  };
}

/** A learning rate, and the loss on held out samples that it came to. */
type Tried = Comparison["validation"][number];

/** The one with the lowest loss; one that has become NaN is above all. */
function lowest(tried: readonly Tried[]): Tried | undefined {
  const cost = ({ loss }: Tried) => (Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY);
  return tried.reduce<Tried | undefined>((best, one) => (best && cost(best) <= cost(one) ? best : one), undefined);
}

/** Trains a recipe to its end. */
async function runTo(gpu: Gpu, dataset: Dataset, recipe: RecipeInput) {
  const steps: StepEvent[] = [];
  let done: DoneEvent | undefined;
  let stepsPerEpoch = 1;
  for await (const event of train(recipe, { adapter: gpu, dataset, logEvery: 1 })) {
    if (event.event === "step") steps.push(event);
    if (event.event === "done") done = event;
    if (event.event === "start") {
      const { batch_size } = event.recipe as Recipe;
      const batch = batch_size === "full" ? dataset.train.count : batch_size;
      stepsPerEpoch = Math.ceil(dataset.train.count / batch);
    }
  }
  if (!done) throw new Error("the run came to no end");
  return { steps, done, stepsPerEpoch };
}

/** The mean loss of all seeds over equal spans of a run, at the spans' ends. */
function curveOf(events: readonly StepEvent[], steps: number, epochs: number): [number, number][] {
  const points = Math.min(CURVE_POINTS, steps);
  const spans = Array.from({ length: points }, () => ({ sum: 0, count: 0 }));
  for (const { step, loss } of events) {
    const span = spans[Math.floor(((step - 1) * points) / steps)] as { sum: number; count: number };
    span.sum += loss;
    span.count++;
  }
  return spans.map(({ sum, count }, i) => [((i + 1) / points) * epochs, sum / count]);
}

/** The mean of some values and their standard deviation, that of a sample; 0 for a single one. */
export function spread(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** A table in Markdown, a line an optimizer in the given order. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const seeds = comparisons[0]?.test_accuracy.length ?? 0;
  const rows = comparisons.map(({ optimizer, lr, test_accuracy, test_loss, seconds_per_epoch }) => {
    const [accuracy, loss] = [spread(test_accuracy), spread(test_loss)];
    const hits = `${(100 * accuracy.mean).toFixed(2)} ± ${(100 * accuracy.deviation).toFixed(2)}`;
    return [optimizer, lr ?? "-", hits, loss.mean.toFixed(3), seconds_per_epoch.toFixed(2)];
  });
  const head = ["optimizer", "lr", `test accuracy, % (${seeds} seeds)`, "test loss", "s an epoch"];
  return [head, ["---", "---:", "---:", "---:", "---:"], ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
