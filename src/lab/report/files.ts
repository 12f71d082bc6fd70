import type { Dataset } from "../../data/dataset.ts";
import { jsonLine } from "../../io/runLog.ts";
import type { CompareResults } from "../compare/results.ts";
import { profileChart } from "./charts/profiles.ts";
import type { Chart } from "./charts/theme.ts";
import { resultsCsv } from "./csv.ts";
import { reportHtml } from "./html.ts";
import { renderSvg } from "./render.ts";
import { placesOf, workloadCharts } from "./workload.ts";

/** A file of a report. */
export interface ReportFile {
  readonly name: string;
  readonly content: string;
}

/**
 * The files of a comparison's report: the page, its figures for papers, and its numbers for others' tools.
 * @param datasets of the workloads, in their order, for pictures of samples
 */
export async function reportFiles(results: CompareResults, datasets: readonly Dataset[]): Promise<ReportFile[]> {
  const files: ReportFile[] = [
    { name: "results.json", content: `${jsonLine(results)}\n` },
    { name: "results.csv", content: resultsCsv(results) },
  ];
  for (const [name, chart] of papers(results)) {
    files.push({ name: `${name}.svg`, content: await renderSvg(chart, "#ffffff") });
  }
  // Last: where it is, all else is.
  return [...files, { name: "report.html", content: await reportHtml(results, datasets) }];
}

/** The figures that stand in files of their own; with several workloads their number is in the name. */
function papers(results: CompareResults): [string, Chart][] {
  const charts = results.workloads.flatMap((info, i): [string, Chart][] => {
    if (!results.summary.contenders.some(({ workload }) => workload === info.label)) return [];
    const own = workloadCharts(results, info);
    const named = (name: string) => (results.workloads.length > 1 ? `${name}-${i + 1}` : name);
    return [
      [named("learning-curves"), own.curves("test accuracy", "epochs", "linear")],
      [named("training-loss"), own.curves("training loss", "steps", "log")],
      [named("accuracies"), own.accuracies()],
      ...(own.timeToTarget ? ([[named("time-to-target"), own.timeToTarget("steps")]] as [string, Chart][]) : []),
      ...(own.learningRates ? ([[named("learning-rates"), own.learningRates()]] as [string, Chart][]) : []),
    ];
  });
  const { steps } = results.summary.profiles;
  if (steps.problems.length < 2) return charts;
  return [...charts, ["performance-profile", profileChart(steps, placesOf(results), "steps")]];
}
