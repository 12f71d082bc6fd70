import type { SettingResult } from "../lab/sweep/results.ts";
import type { SweepObserver } from "../lab/sweep/run.ts";
import { type Figure, figureAt, type Trial, type TrialRecord } from "../lab/sweep/trials.ts";
import { valueText } from "../lab/sweep/values.ts";
import { type Column, formatTable, liveTable, silentTable } from "./liveTable.ts";
import { percent } from "./progress.ts";

/** Rows of the final table, at most. */
const MOST_ROWS = 25;

const right = (title: string): Column => ({ title, align: "right" });

/** What a sweep shows while it runs. */
export interface SweepDisplay {
  readonly observer: SweepObserver;
  stop(): void;
}

/** A row for each trial that has begun, redrawn on a terminal, else printed once it is done or a rung is reached. */
export function sweepDisplay(trials: readonly Trial[], paths: readonly string[], isSilent: boolean): SweepDisplay {
  const byKey = new Map(trials.map((trial) => [trial.key, trial]));
  const hasSeeds = new Set(trials.map(({ setting }) => setting)).size < trials.length;
  const texts = (trial: Trial) => paths.map((path) => valueText(trial.values[path] ?? null));
  const columns = [
    ...paths.map(right),
    ...(hasSeeds ? [right("seed")] : []),
    ...["epoch", "val loss", "val accuracy"].map(right),
    { title: "" },
  ];
  const widths = paths.map((_, i) => Math.max(...trials.map((trial) => texts(trial)[i]?.length ?? 0)));
  const table = isSilent ? silentTable() : liveTable(columns, process.stdout, widths);
  const finished = new Set<string>();
  let [stopped, at] = ["", ""];
  const note = (more = "") => table.note(`${finished.size} of ${trials.length} trials done${stopped}; ${at}${more}`);
  const cells = (record: TrialRecord) => {
    const trial = byKey.get(record.key) as Trial;
    const state = record.finished ? "done" : "";
    return [
      ...texts(trial),
      ...(hasSeeds ? [`${trial.recipe.seed}`] : []),
      `${record.evaluations.at(-1)?.epoch ?? 0}`,
      ...figuresOf(figureAt(record, "val_loss"), figureAt(record, "val_accuracy")),
      state,
    ];
  };
  return {
    observer: {
      onStanding(standing, records) {
        for (const [key, record] of records) if (record.finished) finished.add(key);
        const { size } = standing.stopped;
        stopped = size > 0 ? `, ${size} setting${size > 1 ? "s" : ""} stopped early` : "";
      },
      onGroup(group, place, of) {
        at = `population ${place + 1} of ${of}: ${group.legs.length} trial${group.legs.length > 1 ? "s" : ""}`;
        note();
      },
      onProgress: (_, { share }) => note(`, ${Math.floor(100 * share)} %`),
      onRecords(records, isKept) {
        for (const record of records) {
          if (isKept && record.finished) finished.add(record.key);
          if (isKept) table.finish(record.key, cells(record));
          else table.set(record.key, cells(record));
        }
      },
    },
    stop: () => table.stop(),
  };
}

const figuresOf = (loss: number, accuracy: number) => [
  Number.isNaN(loss) ? "NaN" : loss < 1000 ? loss.toFixed(4) : loss.toExponential(1),
  Number.isNaN(accuracy) ? "" : percent(accuracy),
];

/** The settings, the best first, as a table. */
export function finalTable(results: readonly SettingResult[], paths: readonly string[], by: Figure): string[] {
  const hasSeeds = results.some(({ trials }) => trials.length > 1);
  const columns = [
    right("rank"),
    ...paths.map(right),
    right("epochs"),
    right(by === "val_loss" ? "val loss *" : "val loss"),
    right(by === "val_accuracy" ? "val accuracy *" : "val accuracy"),
    { title: "" },
  ];
  const ran = results.filter(({ fate }) => fate !== "not run");
  const rows = ran
    .slice(0, MOST_ROWS)
    .map(({ rank, values, epochs, val_loss, val_accuracy, fate }) => [
      `${rank}`,
      ...paths.map((path) => valueText(values[path] ?? null)),
      `${Number(epochs.toFixed(1))}`,
      ...figuresOf(val_loss, val_accuracy),
      fate === "done" ? "" : fate,
    ]);
  const more = ran.length - rows.length;
  const idle = results.length - ran.length;
  return [
    ...formatTable(columns, rows),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(idle > 0 ? [`the budget left out ${idle} settings`] : []),
    ...(hasSeeds ? ["figures are means over the seeds"] : []),
  ];
}
