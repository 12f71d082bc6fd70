import { type Problem, type Profile, performanceProfile } from "./profile.ts";
import type { CompareSettings, ContenderResult } from "./protocol.ts";
import { type Difference, pairedDifference, type Spread, spread } from "./statistics.ts";
import { type TargetResult, targetResult } from "./targets.ts";
import { isAtEdge } from "./trials.ts";

/** What a contender's runs on a workload come to. */
export interface ContenderSummary {
  readonly workload: string;
  readonly contender: string;
  readonly lr?: number;
  /** Whether the chosen rate is the least or the largest that was tried. */
  readonly lr_at_edge?: true;
  readonly seeds: readonly number[];
  /** On the test set after the last step, 0..1: all seeds, and over them. */
  readonly final_accuracies: readonly number[];
  readonly final_accuracy: Spread;
  /** The highest of a run's evaluations: chosen on the test set, so it flatters. */
  readonly best_accuracies: readonly number[];
  readonly best_accuracy: Spread;
  readonly test_loss: Spread;
  readonly targets: readonly TargetResult[];
  /** Of training one model, where all seeds train side by side. */
  readonly seconds_per_epoch: number;
}

/** How two contenders differ on a workload in final test accuracy, as a share of 1. */
export interface PairDifference extends Difference {
  readonly workload: string;
  /** The one of the higher mean, and the other. */
  readonly higher: string;
  readonly lower: string;
}

/** A comparison in numbers. */
export interface CompareSummary {
  readonly contenders: readonly ContenderSummary[];
  readonly refused: readonly { readonly workload: string; readonly contender: string; readonly reason: string }[];
  readonly differences: readonly PairDifference[];
  /** By steps and by seconds to the targets, the median over seeds. */
  readonly profiles: { readonly steps: Profile; readonly seconds: Profile };
}

/** @param targets test accuracies, 0..1 */
export function summarise(
  results: readonly ContenderResult[],
  { workloads, contenders }: Pick<CompareSettings, "workloads" | "contenders">,
  targets: readonly number[],
): CompareSummary {
  const summaries = results.flatMap((result) => summaryOf(result, targets) ?? []);
  const labels = contenders.map(({ label }) => label);
  const problems = (cost: "median_steps" | "median_seconds"): Problem[] =>
    workloads.flatMap(({ label }) =>
      targets.map((target, i) => ({
        label: `${label} to ${percentText(target)} %`,
        costs: Object.fromEntries(
          summaries.flatMap(({ workload, contender, targets: own }) =>
            workload === label ? [[contender, own[i]?.[cost] ?? Number.POSITIVE_INFINITY]] : [],
          ),
        ),
      })),
    );
  return {
    contenders: summaries,
    refused: results.flatMap(({ workload, contender, refusal }) =>
      refusal === undefined ? [] : [{ workload, contender, reason: refusal }],
    ),
    differences: workloads.flatMap(({ label }) => pairs(summaries.filter(({ workload }) => workload === label))),
    profiles: {
      steps: performanceProfile(problems("median_steps"), labels),
      seconds: performanceProfile(problems("median_seconds"), labels),
    },
  };
}

function summaryOf(
  { workload, contender, lr, tried, population }: ContenderResult,
  targets: readonly number[],
): ContenderSummary | undefined {
  if (!population) return undefined;
  const { models, seconds, steps, steps_per_epoch } = population;
  const final_accuracies = models.map(({ test_accuracy }) => test_accuracy);
  const best_accuracies = models.map(({ evaluations }) =>
    Math.max(...evaluations.map(({ test_accuracy }) => test_accuracy)),
  );
  return {
    workload,
    contender,
    ...(lr !== undefined && { lr }),
    ...(tried && isAtEdge(tried.trials, lr) && { lr_at_edge: true as const }),
    seeds: models.map(({ seed }) => seed),
    final_accuracies,
    final_accuracy: spread(final_accuracies),
    best_accuracies,
    best_accuracy: spread(best_accuracies),
    test_loss: spread(models.map(({ test_loss }) => test_loss)),
    targets: targets.map((target) => targetResult(population, target)),
    seconds_per_epoch: seconds.train / (steps / steps_per_epoch) / models.length,
  };
}

/** All pairs, the higher mean first, the pairs in the order of their means. */
function pairs(summaries: readonly ContenderSummary[]): PairDifference[] {
  const ranked = summaries.toSorted((a, b) => b.final_accuracy.mean - a.final_accuracy.mean);
  return ranked.flatMap((a, i) =>
    ranked.slice(i + 1).map((b) => ({
      workload: a.workload,
      higher: a.contender,
      lower: b.contender,
      ...pairedDifference(a.final_accuracies, b.final_accuracies),
    })),
  );
}

/** A share of 1 as a number of per cent, as short as it is given. */
export const percentText = (share: number): string => `${Number((100 * share).toPrecision(12))}`;
