import type { DoneEvent } from "../io/runLog.ts";
import { samplesOf } from "../train/chunks.ts";
import type { Plan } from "../train/plan.ts";
import { mean, percent } from "./progress.ts";

/** The network by its widths and its activation: `784-128-64-10 relu`. */
export function networkOf({ data, recipe }: Plan): string {
  return `${[data.inputs, ...recipe.hidden, data.classes].join("-")} ${recipe.activation}`;
}

/** One line that says what is going to be trained. */
export function describe(plan: Plan): string {
  const { name, lr } = plan.recipe.optimizer as { name: string; lr?: number };
  const P = plan.members.length;
  const vary = plan.recipe.vary;
  return (
    `${networkOf(plan)} on ${plan.recipe.data} with ${name}${lr === undefined ? "" : ` (lr ${lr})`}, ` +
    `batch ${plan.batch}, ${plan.steps} steps` +
    `${P > 1 ? `, ${P} members${vary ? ` (${vary.key}: ${vary.values.join(", ")})` : ""}` : ""}`
  );
}

/**
 * The lines at the end of a run: each member's results, the spread of a population, the time.
 * @param from steps that were done before, where the run resumed another
 */
export function report({ steps, seconds, models }: DoneEvent, plan: Plan, from: number): string {
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
  if (models.some(({ train_loss }) => !Number.isFinite(train_loss))) {
    rows.push("a loss is no longer finite: training diverged; try a lower lr");
  }
  if (steps > from) {
    const samples = samplesOf(plan, steps) - samplesOf(plan, from);
    const epoch = (seconds.train * plan.data.trainCount) / samples;
    const images = (samples * models.length) / seconds.train;
    rows.push(
      `${steps - from} steps in ${seconds.train.toFixed(1)} s of training (${epoch.toFixed(2)} s an epoch, ` +
        `${Math.round(images).toLocaleString("en")} images/s), ${seconds.total.toFixed(1)} s in all`,
    );
  }
  return rows.join("\n");
}
