import { lossTolerance } from "./peer.ts";

/** What was measured of a peer. */
export interface Row {
  readonly name: string;
  readonly runsOn: string;
  /** Steps of a run. */
  readonly steps: number;
  /** Title of the column of ratios to this row, where it has one. */
  readonly baseline?: string;
  /** Seconds an epoch in each round. */
  readonly seconds: readonly number[];
  readonly median: number;
  readonly loss: number;
  /** Downhill's loss after as many steps. */
  readonly reference: number;
}

/** A line a peer: seconds an epoch, how many times as long as each baseline, loss, steps, what it runs on. */
export function table(rows: readonly Row[]): string {
  const baselines = rows.filter(({ baseline }) => baseline !== undefined);
  const ratios = baselines.map(({ baseline }) => `/ ${baseline}`);
  const head = ["peer", "s/epoch", "min", "max", ...ratios, "loss", "steps", "runs on"];
  const body = rows.map((row) => [
    row.name,
    row.median.toFixed(2),
    Math.min(...row.seconds).toFixed(2),
    Math.max(...row.seconds).toFixed(2),
    ...baselines.map((base) => (row.median / base.median).toFixed(2)),
    row.loss.toFixed(5),
    `${row.steps}`,
    row.runsOn,
  ]);
  const lines = [head, ...body];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const pad = (line: readonly string[]) => line.map((cell, c) => cell.padEnd(widths[c] ?? 0)).join("  ");
  return lines.map((line) => pad(line).trimEnd()).join("\n");
}

/** A sentence for each row whose loss is further from Downhill's than rounding explains: it computed something else. */
export function disagreements(rows: readonly Row[]): string[] {
  return rows.flatMap(({ name, runsOn, steps, loss, reference }) => {
    const tolerance = lossTolerance(reference, steps);
    if (Math.abs(loss - reference) <= tolerance) return [];
    const expected = `${reference.toFixed(5)} +- ${tolerance.toFixed(5)}`;
    return [`${name} (${runsOn}) ends ${steps} steps with loss ${loss.toFixed(5)}; Downhill with ${expected}.`];
  });
}
