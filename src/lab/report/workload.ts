import type { Dataset } from "../../data/dataset.ts";
import type { CompareResults, WorkloadInfo } from "../compare/results.ts";
import { percentText } from "../compare/summary.ts";
import { accuracies } from "./charts/accuracies.ts";
import { learningCurves } from "./charts/learningCurves.ts";
import { learningRateCurves } from "./charts/learningRates.ts";
import type { Chart } from "./charts/theme.ts";
import { timeToTarget } from "./charts/timeToTarget.ts";
import { AXES, type CurveAxis, curveOf, METRICS, type Metric } from "./curves.ts";
import { html, type Inserted, type Markup } from "./escape.ts";
import { figure } from "./figure.ts";
import { mistakesPart } from "./mistakes.ts";
import { accuracyTable, differenceTable, targetTable } from "./tables.ts";
import { finding, listed } from "./words.ts";

const TABLE_NOTE =
  "± is the standard deviation over the seeds. The best accuracy is the highest of a run's evaluations: chosen on the test " +
  "set, it flatters. Seconds are of training alone, those of all seeds, which train side by side, divided by their number.";
const SCALES = ["linear", "log"] as const;
const UNITS = ["steps", "seconds"] as const;

/** The charts of a workload, each as a function of what is to be seen. */
export interface WorkloadCharts {
  readonly curves: (metric: Metric, axis: CurveAxis, scale: "linear" | "log") => Chart;
  readonly accuracies: () => Chart;
  /** Absent where no target was reached. */
  readonly timeToTarget?: (unit: "steps" | "seconds") => Chart;
  /** Absent where no rates were tried. */
  readonly learningRates?: () => Chart;
}

/** Where contenders stand in the list of all, which gives their looks. */
export const placesOf = ({ contenders }: CompareResults): ReadonlyMap<string, number> =>
  new Map(contenders.map(({ label }, place) => [label, place]));

export function workloadCharts(results: CompareResults, { label }: WorkloadInfo): WorkloadCharts {
  const places = placesOf(results);
  const summaries = results.summary.contenders.filter(({ workload }) => workload === label);
  const own = results.results.filter(({ workload }) => workload === label);
  const isReached = summaries.some(({ targets }) => targets.some(({ reached }) => reached > 0));
  const tried = own.flatMap(({ contender, tried: all, lr }) =>
    all ? [{ label: contender, place: places.get(contender) ?? 0, trials: all.trials, lr }] : [],
  );
  return {
    curves: (metric, axis, scale) =>
      learningCurves(
        own.flatMap(({ contender, population }) =>
          population
            ? [{ label: contender, place: places.get(contender) ?? 0, points: curveOf(population, metric) }]
            : [],
        ),
        { metric, axis, scale },
      ),
    accuracies: () => accuracies(summaries, places),
    ...(isReached && { timeToTarget: (unit) => timeToTarget(summaries, places, unit) }),
    ...(tried.length > 0 && { learningRates: () => learningRateCurves(tried) }),
  };
}

/** The part of a report about a workload. */
export async function workloadSection(
  results: CompareResults,
  info: WorkloadInfo,
  dataset: Dataset | undefined,
  id: string,
): Promise<Markup> {
  const { summary, tuning, seeds } = results;
  const summaries = summary.contenders.filter(({ workload }) => workload === info.label);
  const differences = summary.differences.filter(({ workload }) => workload === info.label);
  const refused = summary.refused.filter(({ workload }) => workload === info.label);
  const charts = workloadCharts(results, info);
  const own = results.results.filter(({ workload }) => workload === info.label);
  const evaluations = Math.max(0, ...own.map(({ population }) => population?.models[0]?.evaluations.length ?? 0));
  const parts: Inserted[] = [
    html`<h2>${info.data === "mnist" ? "MNIST" : info.data}, ${info.network.join("-")}</h2>
<p class="lead">${finding(summaries, differences)}</p>`,
    refused.map(({ contender, reason }) => html`<p class="note">${contender} is left out: ${reason}</p>`),
  ];
  if (summaries.length === 0) return html`<section id="${id}">${parts}</section>`;
  parts.push(
    accuracyTable(summaries, placesOf(results), tuning !== undefined),
    html`<p class="note">${TABLE_NOTE}</p>`,
    summaries.some(({ lr_at_edge }) => lr_at_edge) &&
      html`<p class="note">! The least or the largest rate that was tried: a better one may lie beyond.</p>`,
    await figure(
      `${id}-accuracies`,
      [],
      [{ options: [], chart: charts.accuracies(), label: "final test accuracies" }],
      "",
    ),
    html`<h3>Learning curves</h3>`,
    await curvesFigure(`${id}-curves`, charts, evaluations),
  );
  if (differences.length > 0 && seeds.length > 1) {
    parts.push(
      html`<h3>Differences</h3>`,
      differenceTable(differences),
      html`<p class="note">Points of final test accuracy by which the row is above the column, with the 95 % interval of the
paired differences over the seeds (Student's t). In brackets: the interval has zero in it, and no difference is shown. Each
interval stands by itself: of ${differences.length} pairs that did not differ, one in twenty would still be expected outside.</p>`,
    );
  }
  if (charts.timeToTarget) {
    const chart = charts.timeToTarget;
    const views = UNITS.map((unit) => ({ options: [unit], chart: chart(unit), label: `${unit} to targets` }));
    const { evaluate_every: every } = results;
    const when =
      every === undefined ? "one at the end of each epoch" : `one every ${every} steps and at the end of each epoch`;
    const caption =
      `To the first evaluation that has the target; there is ${when}. ` +
      "Mean and deviation over the seeds that came there; an open bar says how " +
      "many, where not all did.";
    parts.push(
      html`<h3>Time to target</h3>`,
      await figure(`${id}-targets`, [{ name: "in", options: UNITS }], views, caption),
      targetTable(summaries, placesOf(results)),
    );
  } else {
    const targets = listed(results.targets.map((target) => `${percentText(target)} %`));
    parts.push(html`<p class="note">No model came to ${targets}.</p>`);
  }
  if (charts.learningRates) {
    const view = { options: [], chart: charts.learningRates(), label: "accuracy by learning rate" };
    const caption = `Accuracy on ${tuning?.validation ?? "the"} held out training samples with each rate that was tried; the chosen one is ringed.`;
    parts.push(html`<h3>Learning rates</h3>`, await figure(`${id}-rates`, [], [view], caption));
  }
  parts.push(mistakesPart(results, info, dataset));
  return html`<section id="${id}">${parts}</section>`;
}

/** @param evaluations of a run: from one or two no curve can be seen, but from training losses */
function curvesFigure(id: string, { curves }: WorkloadCharts, evaluations: number): Promise<Markup> {
  const views = METRICS.flatMap((metric) =>
    AXES.flatMap((axis) =>
      SCALES.map((scale) => ({
        options: [metric, axis, scale],
        chart: curves(metric, axis, scale),
        label: `${metric} against ${axis}, ${scale} scale`,
      })),
    ),
  );
  const choices = [
    { name: "curve", options: METRICS, ...(evaluations < 3 && { chosen: "training loss" }) },
    { name: "against", options: AXES },
    { name: "scale", options: SCALES },
  ];
  return figure(
    id,
    choices,
    views,
    "Line: mean over the seeds. Band: from the least to the largest seed. On the logarithmic scale accuracy is shown as test error.",
  );
}
