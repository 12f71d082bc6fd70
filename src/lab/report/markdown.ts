import type { ContenderSummary } from "../compare/summary.ts";

/** A table in Markdown, a line for each contender in the given order. */
export function markdownTable(summaries: readonly ContenderSummary[]): string {
  const seeds = summaries[0]?.seeds.length ?? 0;
  const rows = summaries.map(({ contender, lr, final_accuracy, test_loss, seconds_per_epoch }) => {
    const accuracy = `${(100 * final_accuracy.mean).toFixed(2)} ± ${(100 * final_accuracy.deviation).toFixed(2)}`;
    return [contender, lr ?? "-", accuracy, test_loss.mean.toFixed(3), seconds_per_epoch.toFixed(2)];
  });
  const head = ["optimizer", "lr", `test accuracy, % (${seeds} seeds)`, "test loss", "s an epoch"];
  return [head, ["---", "---:", "---:", "---:", "---:"], ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
