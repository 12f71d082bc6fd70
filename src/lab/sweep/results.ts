import type { Recipe } from "../../train/recipe.ts";
import type { SweepOutcome } from "./run.ts";
import { type Figure, figureAt, isBetter, meanOf, type Trial, type TrialRecord } from "./trials.ts";
import { type SweepValue, valueText } from "./values.ts";

/** What became of a setting. */
export type Fate = "done" | "stopped" | "unfinished" | "not run";

/** A setting of a sweep with its figures, means over its seeds. */
export interface SettingResult {
  /** From 1, by the figure that the choice goes by; those that ran to their end come before those that were stopped. */
  readonly rank: number;
  readonly values: Readonly<Record<string, SweepValue>>;
  readonly fate: Fate;
  /** Epochs that its trials have come to; the mean. */
  readonly epochs: number;
  readonly val_loss: number;
  readonly val_accuracy: number;
  readonly train_loss: number;
  readonly seconds: number;
  readonly trials: readonly {
    readonly key: string;
    readonly seed: number;
    readonly val_loss: number;
    readonly val_accuracy: number;
    readonly evaluations: TrialRecord["evaluations"];
  }[];
  /** That of its first seed. */
  readonly recipe: Recipe;
}

/** The settings of a sweep, the best first. */
export function resultsOf(trials: readonly Trial[], { records, standing }: SweepOutcome, by: Figure): SettingResult[] {
  const settings = new Map<number, Trial[]>();
  for (const trial of trials) settings.set(trial.setting, [...(settings.get(trial.setting) ?? []), trial]);
  const rows = [...settings].map(([setting, own]) => {
    const found = own.flatMap(({ key }) => records.get(key) ?? []);
    const of = (figure: Figure) => meanOf(own.map(({ key }) => figureOf(records.get(key), figure)));
    return {
      values: (own[0] as Trial).values,
      recipe: (own[0] as Trial).recipe,
      fate: fateOf(own, records, standing.stopped.has(setting)),
      epochs: meanOf(own.map(({ key }) => records.get(key)?.evaluations.at(-1)?.epoch ?? 0)),
      val_loss: of("val_loss"),
      val_accuracy: of("val_accuracy"),
      train_loss: meanOf(own.map(({ key }) => records.get(key)?.evaluations.at(-1)?.train_loss ?? Number.NaN)),
      seconds: found.reduce((sum, { seconds }) => sum + seconds, 0),
      trials: own.map(({ key, recipe }) => ({
        key,
        seed: recipe.seed,
        val_loss: figureOf(records.get(key), "val_loss"),
        val_accuracy: figureOf(records.get(key), "val_accuracy"),
        evaluations: records.get(key)?.evaluations ?? [],
      })),
    };
  });
  const order: Readonly<Record<Fate, number>> = { done: 0, unfinished: 1, stopped: 1, "not run": 2 };
  rows.sort((a, b) => {
    if (order[a.fate] !== order[b.fate]) return order[a.fate] - order[b.fate];
    if (isBetter(a[by], b[by], by)) return -1;
    return isBetter(b[by], a[by], by) ? 1 : 0;
  });
  return rows.map((row, i) => ({ rank: i + 1, ...row }));
}

const figureOf = (record: TrialRecord | undefined, by: Figure) => (record ? figureAt(record, by) : Number.NaN);

function fateOf(own: readonly Trial[], records: ReadonlyMap<string, TrialRecord>, isStopped: boolean): Fate {
  const found = own.map(({ key }) => records.get(key));
  if (isStopped) return "stopped";
  if (found.every((record) => record?.finished)) return "done";
  return found.some((record) => record && record.step > 0) ? "unfinished" : "not run";
}

/** The best of the settings that ran to their end; undefined where none did, or all of their figures are no numbers. */
export const winnerOf = (results: readonly SettingResult[], by: Figure): SettingResult | undefined =>
  results.find(({ fate, [by]: figure }) => fate === "done" && Number.isFinite(figure));

/** A line for each setting, the best first, with a head. Source: RFC 4180, with line feeds alone */
export function resultsCsv(results: readonly SettingResult[]): string {
  const paths = Object.keys(results[0]?.values ?? {});
  const head = [
    ...["rank", "fate"],
    ...paths,
    ...["seeds", "epochs", "val_loss", "val_accuracy", "train_loss", "seconds"],
  ];
  const rows = results.map((row) => [
    ...[`${row.rank}`, row.fate],
    ...paths.map((path) => valueText(row.values[path] ?? null)),
    ...[row.trials.length, row.epochs, row.val_loss, row.val_accuracy, row.train_loss, row.seconds].map(String),
  ]);
  return [head, ...rows].map((cells) => `${cells.map(csvCell).join(",")}\n`).join("");
}

const csvCell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
