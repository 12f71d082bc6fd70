import type { DoneEvent } from "../io/runLog.ts";
import { spreadOf } from "../lab/evaluation.ts";
import { samplesOf } from "../train/chunks.ts";
import type { Plan } from "../train/plan.ts";
import { percent } from "./progress.ts";

/** The network by its widths, its activation, and what else stands between layers: `784-128-64-10 relu, batch norm`. */
export function networkOf({ data, recipe }: Plan): string {
  const { batch_norm, layer_norm, dropout } = recipe;
  const parts = [batch_norm && "batch norm", layer_norm && "layer norm", dropout > 0 && `dropout ${dropout}`];
  const between = [recipe.activation, ...parts.filter((part) => part !== false)].join(", ");
  return `${[data.inputs, ...recipe.hidden, data.classes].join("-")} ${between}`;
}

/** One line that says what is going to be trained. */
export function describe(plan: Plan): string {
  const { name, lr } = plan.recipe.optimizer as { name: string; lr?: number };
  const P = plan.members.length;
  const vary = plan.recipe.vary;
  const { schedule, schedules = {} } = plan.recipe;
  const named = [schedule?.name, ...Object.entries(schedules).map(([scalar, { name }]) => `${scalar} ${name}`)];
  const details = [...(lr === undefined ? [] : [`lr ${lr}`]), ...named.filter(Boolean)].join(", ");
  return (
    `${networkOf(plan)} on ${plan.recipe.data} with ${name}${details === "" ? "" : ` (${details})`}, ` +
    `batch ${plan.batch}, ${plan.steps} steps` +
    `${P > 1 ? `, ${P} members${vary ? ` (${vary.key}: ${vary.values.join(", ")})` : ""}` : ""}`
  );
}

/** Where early stopping came in: ` (weights of epoch 7; stopped after epoch 10)` */
function stopOf({ best_epoch, stopped_epoch }: DoneEvent["models"][number]): string {
  const parts = [
    ...(best_epoch === undefined ? [] : [`weights of epoch ${best_epoch}`]),
    ...(stopped_epoch === undefined ? [] : [`stopped after epoch ${stopped_epoch}`]),
  ];
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}

/**
 * The lines at the end of a run: each member's results, the spread of a population, the time.
 * @param from steps that were done before, where the run resumed another
 */
export function report({ steps, seconds, models, ensemble }: DoneEvent, plan: Plan, from: number): string {
  const { vary } = plan.recipe;
  const rows = models.map((model, m) => {
    const { seed, train_loss, test_loss, test_accuracy, val_loss, val_accuracy } = model;
    const who = models.length === 1 ? "" : vary ? `${vary.key} ${vary.values[m]}: ` : `seed ${seed}: `;
    const validated = val_loss !== undefined && val_accuracy !== undefined;
    const parts = [
      `test accuracy ${percent(test_accuracy)}`,
      `test loss ${test_loss.toFixed(4)}`,
      ...(validated ? [`validation accuracy ${percent(val_accuracy)}`, `loss ${val_loss.toFixed(4)}`] : []),
      `train loss ${train_loss.toFixed(4)}`,
    ];
    return `${who}${parts.join(", ")}${stopOf(model)}`;
  });
  if (models.length > 1 && !vary) {
    const { mean, deviation } = spreadOf(models);
    rows.push(
      `mean of ${models.length}: test accuracy ${percent(mean.test_accuracy)} ± ${percent(deviation.test_accuracy)}`,
    );
  }
  if (ensemble) {
    const { method, accuracy, loss } = ensemble;
    rows.push(`ensemble (${method}): test accuracy ${percent(accuracy)}, test loss ${loss.toFixed(4)}`);
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
