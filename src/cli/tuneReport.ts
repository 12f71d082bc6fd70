import { join } from "node:path";
import type { Gpu } from "../gpu/device.ts";
import type { DoneEvent, LogEvent } from "../io/runLog.ts";
import { intervalsOf, lineageOf, type Ranked, takeovers } from "../lab/tune/lineage.ts";
import type { TuneSettings } from "../lab/tune/run.ts";
import type { Plan } from "../train/plan.ts";
import { onTest, qualityTexts } from "./quality.ts";
import { networkOf } from "./report.ts";
import { WINNER } from "./tuneFolder.ts";
import { finalTable } from "./tuneTable.ts";

/** One line that says what is going to be tuned. */
export function describe(plan: Plan, { ranges, interval, by }: TuneSettings): string {
  const { name } = plan.recipe.optimizer;
  const texts = ranges.map(({ path, scale, low, high }) => `${path} in ${scale}(${low}, ${high})`);
  const every = interval === plan.stepsPerEpoch ? "epoch" : `${interval} steps`;
  return (
    `tuning ${texts.join(", ")} of ${plan.members.length} members: ${networkOf(plan)} on ${plan.recipe.data} with ${name}, ` +
    `batch ${plan.batch}, ${plan.steps} steps, ranked every ${every} by ${by} on ${plan.data.validationCount} held out samples`
  );
}

/** What came out, for other tools: the best member, its schedule, and each member's history. */
export function resultOf(
  events: readonly LogEvent[],
  { by, ranges, interval }: TuneSettings,
  done: DoneEvent,
  winner: number,
) {
  const intervals = intervalsOf(events);
  const briefly = ({ step, values, val_loss, val_accuracy, model, rank }: Ranked) => {
    return { step, model, rank, val_loss, val_accuracy, values };
  };
  return {
    by,
    ranges,
    interval,
    winner: { model: winner, ...done.models[0], schedule: lineageOf(events, winner).map(briefly) },
    members: (intervals[0] ?? []).map((_, model) => ({
      model,
      history: intervals.flatMap((own) => (own[model] ? [briefly(own[model])] : [])),
      copies: takeovers(events, model).map(({ step, from }) => ({ step, from })),
    })),
  };
}

/** The lines at the end: the members, the best one's schedule, its figures on the test set. */
export function closing(
  events: readonly LogEvent[],
  settings: TuneSettings,
  done: DoneEvent,
  winner: number,
  out: string,
): string {
  const { ranges, by } = settings;
  const lineage = lineageOf(events, winner);
  const schedules = ranges.map(({ path }) => {
    const values = lineage.map(({ values }) => values[path]);
    const changes = lineage.flatMap((_, i) => {
      const from = i === 0 ? 0 : (lineage[i - 1]?.step ?? 0);
      return i > 0 && values[i] === values[i - 1]
        ? []
        : [from === 0 ? `${values[i]}` : `${values[i]} after step ${from}`];
    });
    return `  ${path} ${changes.join(", ")}`;
  });
  const [model] = done.models;
  const texts = model ? [...qualityTexts(onTest(model), "test "), `test loss ${model.test_loss.toFixed(4)}`] : [];
  return [
    "",
    ...finalTable(events, ranges, by),
    "",
    `member ${winner} is the best; what its parameters were trained with:`,
    ...schedules,
    `on the test set: ${texts.join(", ")}`,
    `its run is in ${join(out, WINNER)}, the population's in ${out}, figure in ${join(out, "tune.svg")}`,
    "",
  ].join("\n");
}

/** A figure's title. */
export function titleOf({ adapter }: Gpu, plan: Plan, { ranges, interval }: TuneSettings) {
  const { optimizer, data } = plan.recipe;
  const every = interval === plan.stepsPerEpoch ? "every epoch" : `every ${interval} steps`;
  return {
    text: `Population-based training of ${ranges.map(({ path }) => path).join(", ")}`,
    subtext: `${data}, ${networkOf(plan)}, ${optimizer.name}; ${plan.members.length} members, decisions ${every}; ${adapter.name}`,
  };
}
