import type { Profile } from "../lab/compare/profile.ts";
import type { Contender, ContenderResult, Workload } from "../lab/compare/protocol.ts";
import type { Spread } from "../lab/compare/statistics.ts";
import {
  type CompareSummary,
  type ContenderSummary,
  type PairDifference,
  percentText,
} from "../lab/compare/summary.ts";
import type { TargetResult } from "../lab/compare/targets.ts";
import type { Column } from "./liveTable.ts";

/** Columns of the table of a comparison, and the least widths of its lines. */
export function compareColumns(
  workloads: readonly Workload[],
  contenders: readonly Contender[],
  targets: readonly number[],
): { columns: Column[]; widths: number[] } {
  const right = (title: string): Column => ({ title, align: "right" });
  const longest = (labels: readonly string[]) => Math.max(...labels.map(({ length }) => length));
  const columns = [
    ...(workloads.length > 1 ? [{ title: "workload" }] : []),
    { title: "optimizer" },
    right("lr"),
    right("accuracy, %"),
    right("best, %"),
    ...targets.map((target) => right(`to ${percentText(target)} %`)),
    right("s an epoch"),
  ];
  const widths = [
    ...(workloads.length > 1 ? [longest(workloads.map(({ label }) => label))] : []),
    longest(contenders.map(({ label }) => label)),
    6,
    ...[12, 12],
    ...targets.map(() => 17),
  ];
  return { columns, widths };
}

/** A row's first cells, and what stands in place of its results until there are some. */
export function rowAtWork(workload: string, contender: string, severalWorkloads: boolean, what: string): string[] {
  return [...(severalWorkloads ? [workload] : []), contender, "", what];
}

/** The row of a result. */
export function rowOf(
  { workload, contender, refusal }: ContenderResult,
  summary: ContenderSummary | undefined,
  severalWorkloads: boolean,
): string[] {
  const head = [...(severalWorkloads ? [workload] : []), contender];
  if (!summary) return [...head, "-", `left out: ${refusal}`];
  return [
    ...head,
    summary.lr === undefined ? "own" : `${summary.lr}${summary.lr_at_edge ? "!" : ""}`,
    accuracyText(summary.final_accuracy),
    accuracyText(summary.best_accuracy),
    ...summary.targets.map(targetText),
    summary.seconds_per_epoch.toFixed(2),
  ];
}

/** `97.31 ± 0.12`, in per cent. */
export const accuracyText = ({ mean, deviation }: Spread): string =>
  `${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)}`;

/** `1200 steps, 6.8 s`, means over the seeds; with `4/5` behind it where not all came there, and `-` where none did. */
export function targetText({ reached, of, steps, seconds }: TargetResult): string {
  if (!steps || !seconds) return "-";
  const time = seconds.mean.toFixed(seconds.mean < 1 ? 2 : seconds.mean < 10 ? 1 : 0);
  return `${steps.mean.toFixed(0)} steps, ${time} s${reached < of ? ` ${reached}/${of}` : ""}`;
}

/** `adam > sgd by 0.42 ± 0.15`, in points of test accuracy; `no difference shown` where the interval has 0 in it. */
export function differenceText({ higher, lower, mean, half, shown }: PairDifference): string {
  const points = (100 * mean).toFixed(2);
  if (!Number.isFinite(half)) return `${higher} ${points} above ${lower}, of one seed: no difference shown`;
  if (!shown) return `${higher}, ${lower}: no difference shown (${points} ± ${(100 * half).toFixed(2)})`;
  return `${higher} > ${lower} by ${points} ± ${(100 * half).toFixed(2)}`;
}

/** What is said below the table. */
export function closingLines(summary: CompareSummary, workloads: readonly Workload[]): string[] {
  const lines: string[] = [];
  if (summary.contenders.some(({ lr_at_edge }) => lr_at_edge)) {
    lines.push("!: the least or the largest rate that was tried; a better one may lie beyond: give other --rates", "");
  }
  for (const { label } of workloads) {
    const own = summary.differences.filter(({ workload }) => workload === label);
    if (own.length === 0) continue;
    const where = workloads.length > 1 ? `, ${label}` : "";
    lines.push(`differences in final test accuracy${where}, points, 95 % interval over the seeds:`);
    lines.push(...own.map((difference) => `  ${differenceText(difference)}`), "");
  }
  const { steps, seconds } = summary.profiles;
  if (steps.problems.length > 1) {
    lines.push(`performance profile up to ${steps.tau} times the best, over ${steps.problems.join(", ")} (1 is best):`);
    lines.push(...profileRows(steps, seconds).map((row) => `  ${row}`), "");
  }
  return lines;
}

function profileRows(steps: Profile, seconds: Profile): string[] {
  const widest = Math.max(...steps.lines.map(({ contender }) => contender.length));
  return steps.lines.map(({ contender, score }, i) => {
    const other = seconds.lines[i]?.score ?? 0;
    return `${contender.padEnd(widest)}  by steps ${score.toFixed(3)}  by seconds ${other.toFixed(3)}`;
  });
}
