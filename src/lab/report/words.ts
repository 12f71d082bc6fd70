import type { CompareResults } from "../compare/results.ts";
import type { ContenderSummary, PairDifference } from "../compare/summary.ts";

/** `a`, `a and b`, `a, b and c` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** What a workload's figures say in a sentence or two: who ends highest, and over whom that is more than chance. */
export function finding(summaries: readonly ContenderSummary[], differences: readonly PairDifference[]): string {
  const ranked = summaries.toSorted((a, b) => b.final_accuracy.mean - a.final_accuracy.mean);
  const first = ranked[0];
  if (!first) return "No optimizer could train this.";
  const mean = `${(100 * first.final_accuracy.mean).toFixed(2)}\u00a0%`;
  if (ranked.length === 1) return `${first.contender} ends at ${mean}.`;
  const own = differences.filter(({ higher }) => higher === first.contender);
  const above = own.filter(({ shown }) => shown).map(({ lower }) => lower);
  const level = own.filter(({ shown }) => !shown).map(({ lower }) => lower);
  const parts = [
    ...(above.length > 0 ? [`above ${listed(above)} by more than chance`] : []),
    ...(level.length > 0 ? [`with no difference shown to ${listed(level)}`] : []),
  ];
  return `${first.contender} has the highest mean, ${mean}: ${parts.join(", ")}.`;
}

/** How the comparison was made, in sentences. */
export function protocolText({ seeds, tuning, contenders, workloads, results }: CompareResults): string {
  const [first = 0, last = 0] = [seeds[0], seeds.at(-1)];
  const which = seeds.length > 1 ? `${seeds.length} seeds, ${first} to ${last}` : `one seed, ${first}`;
  const own = new Set(
    results
      .filter(({ tried }) => tried?.trials.length === 1 && tuning && tuning.rates.length > 1)
      .map(({ contender }) => contender),
  );
  const others = own.size > 0 ? ` (${listed([...own])}, which finds a rate itself, had one)` : "";
  const rates = tuning
    ? `Each optimizer had ${tuning.rates.length} trials${others}, one for each learning rate from ${Math.min(...tuning.rates)} to ` +
      `${Math.max(...tuning.rates)}, trained without ${tuning.validation} held out training samples, from a seed that no later ` +
      `run has. The rate of the ${tuning.by === "accuracy" ? "highest accuracy" : "lowest loss"} on the held out samples then ` +
      "trained the whole training set. The test set chose nothing."
    : "Learning rates are as given, or the optimizers' defaults: none was tuned here, so a difference is one between settings.";
  return (
    `${contenders.length} optimizer${contenders.length > 1 ? "s" : ""} trained ` +
    `${workloads.length > 1 ? `each of ${workloads.length} workloads` : "the same network"} from the same start weights, in ` +
    `the same order of samples (${which}). ${rates}`
  );
}
