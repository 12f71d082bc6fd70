import type { CompareResults } from "../compare/results.ts";
import { percentText } from "../compare/summary.ts";
import { reaches } from "../compare/targets.ts";

/** A line for each model of a comparison, with a head. Source: RFC 4180, with line feeds alone */
export function resultsCsv({ results, targets }: CompareResults): string {
  const head = [
    ...[
      "workload",
      "optimizer",
      "lr",
      "seed",
      "steps",
      "test_accuracy",
      "best_test_accuracy",
      "test_loss",
      "train_loss",
    ],
    ...targets.flatMap((target) => [`steps_to_${percentText(target)}`, `seconds_to_${percentText(target)}`]),
    "seconds",
  ];
  const rows = results.flatMap(({ workload, contender, lr, population }) =>
    (population?.models ?? []).map((model) => [
      ...[workload, contender, lr ?? "", model.seed, population?.steps ?? "", model.test_accuracy],
      Math.max(...model.evaluations.map(({ test_accuracy }) => test_accuracy)),
      ...[model.test_loss, model.train_loss],
      ...targets.flatMap((target) => {
        const reached = reaches(model, target);
        return [reached?.steps ?? "", reached?.seconds ?? ""];
      }),
      model.evaluations.at(-1)?.seconds ?? "",
    ]),
  );
  return [head, ...rows].map((row) => `${row.map((cell) => csvCell(`${cell}`)).join(",")}\n`).join("");
}

/** A cell in quotes where it needs them. What a spreadsheet would take for a formula is made text with an apostrophe. */
function csvCell(text: string): string {
  const isFormula = /^[=+@\t\r]/.test(text) || (text.startsWith("-") && Number.isNaN(Number(text)));
  const plain = isFormula ? `'${text}` : text;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
