import type { LogEvent, RankEvent } from "../io/runLog.ts";
import { intervalsOf, takeovers } from "../lab/tune/lineage.ts";
import type { PbtSettings } from "../lab/tune/pbt.ts";
import type { Range } from "../lab/tune/space.ts";
import type { Progress } from "../train/runOptions.ts";
import { type Column, formatTable, liveTable, silentTable } from "./liveTable.ts";
import { percent } from "./progress.ts";

const right = (title: string): Column => ({ title, align: "right" });

/** What tuning shows while it runs: a row for each member. */
export interface TuneDisplay {
  onEvent(event: LogEvent): void;
  onProgress(progress: Progress): void;
  stop(): void;
}

/** Redrawn on a terminal; elsewhere the rows of each interval, once it is concluded. */
export function tuneDisplay(ranges: readonly Range[], isSilent: boolean): TuneDisplay {
  const columns = [
    right("member"),
    right("step"),
    right("rank"),
    ...figureColumns(),
    ...ranges.map(({ path }) => right(path)),
    { title: "" },
  ];
  const widths = [6, 6, 4, 8, 12];
  const table = isSilent ? silentTable() : liveTable(columns, process.stdout, widths);
  // Ranks of an interval, until what becomes of the members is known.
  const ranks = new Map<number, RankEvent>();
  const from = new Map<number, number>();
  const flush = () => {
    for (const rank of [...ranks.values()].sort((a, b) => a.model - b.model)) {
      const source = from.get(rank.model);
      const fate = source === undefined ? "" : `becomes a copy of ${source}`;
      table.finish(`${rank.model}`, cellsOf(rank, ranges, fate));
    }
    ranks.clear();
    from.clear();
  };
  return {
    onEvent(event) {
      if (event.event === "rank") {
        if (ranks.has(event.model)) flush();
        ranks.set(event.model, event);
      } else if (event.event === "exploit") from.set(event.model, event.from);
      else if (event.event !== "explore") flush();
    },
    onProgress({ step, steps, share }) {
      flush();
      table.note(`step ${step} of ${steps}, ${Math.floor(100 * share)} %`);
    },
    stop() {
      flush();
      table.stop();
    },
  };
}

const figureColumns = () => [right("val loss"), right("val accuracy")];

const cellsOf = (rank: Omit<RankEvent, "event">, ranges: readonly Range[], fate: string) => [
  `${rank.model}`,
  `${rank.step}`,
  `${rank.rank}`,
  lossText(rank.val_loss),
  rank.val_accuracy === undefined ? "" : percent(rank.val_accuracy),
  ...ranges.map(({ path }) => `${rank.values[path] ?? ""}`),
  fate,
];

const lossText = (loss: number) => (Number.isNaN(loss) ? "NaN" : loss < 1000 ? loss.toFixed(4) : loss.toExponential(1));

/** The members at the end, the best first, with what became of them. */
export function finalTable(events: readonly LogEvent[], ranges: readonly Range[], by: PbtSettings["by"]): string[] {
  const last = (intervalsOf(events).at(-1) ?? []).toSorted((a, b) => a.rank - b.rank);
  const columns = [
    right("rank"),
    right("member"),
    right(by === "val_loss" ? "val loss *" : "val loss"),
    right(by === "val_accuracy" ? "val accuracy *" : "val accuracy"),
    ...ranges.map(({ path }) => right(path)),
    { title: "became a copy of" },
  ];
  const rows = last.map((own) => {
    const [member = "", , rank = "", ...rest] = cellsOf(own, ranges, "").slice(0, -1);
    const copies = takeovers(events, own.model).map(({ from, step }) => `${from} at ${step}`);
    return [rank, member, ...rest, copies.join(", ")];
  });
  return formatTable(columns, rows);
}
