import type { DoneEvent } from "../io/runLog.ts";
import { spreadOf } from "../lab/evaluation.ts";
import { samplesOf } from "../train/chunks.ts";
import type { Plan } from "../train/plan.ts";
import { varyName, varyText } from "../train/vary.ts";
import { onTest, onValidation, qualityTexts } from "./quality.ts";

/** What a plan's samples are called. */
export const samplesOfPlan = ({ data }: Plan): string => (data.table ? "samples" : "images");

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
  const { loss } = plan.recipe;
  const details = [
    ...(loss.name === "cross_entropy" ? [] : [`loss ${loss.name}`]),
    ...(lr === undefined ? [] : [`lr ${lr}`]),
    ...named.filter(Boolean),
  ].join(", ");
  return (
    `${networkOf(plan)} on ${plan.recipe.data} with ${name}${details === "" ? "" : ` (${details})`}, ` +
    `batch ${plan.batch}, ${plan.steps} steps` +
    `${P > 1 ? `, ${P} members${vary ? ` (${varyName(vary)}: ${vary.values.map((_, m) => varyText(vary, m)).join(vary.keys ? "; " : ", ")})` : ""}` : ""}`
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
    const { seed, train_loss, test_loss, val_loss } = model;
    const who = models.length === 1 ? "" : vary ? `${varyName(vary)} ${varyText(vary, m)}: ` : `seed ${seed}: `;
    const parts = [
      ...qualityTexts(onTest(model), "test "),
      `test loss ${test_loss.toFixed(4)}`,
      ...qualityTexts(onValidation(model), "validation "),
      ...(val_loss === undefined ? [] : [`loss ${val_loss.toFixed(4)}`]),
      `train loss ${train_loss.toFixed(4)}`,
    ];
    return `${who}${parts.join(", ")}${stopOf(model)}`;
  });
  if (models.length > 1 && !vary) {
    const { mean, deviation } = spreadOf(models);
    const texts = qualityTexts(onTest(mean), "test ", onTest(deviation));
    rows.push(`mean of ${models.length}: ${texts.join(", ")}`);
  }
  if (ensemble) {
    const { method, loss } = ensemble;
    const texts = [...qualityTexts(ensemble, "test "), ...(loss === undefined ? [] : [`test loss ${loss.toFixed(4)}`])];
    rows.push(`ensemble (${method}): ${texts.join(", ")}`);
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
        `${Math.round(images).toLocaleString("en")} ${samplesOfPlan(plan)}/s), ${seconds.total.toFixed(1)} s in all`,
    );
  }
  return rows.join("\n");
}
