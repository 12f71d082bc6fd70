import { createLogUpdate } from "log-update";

/** A column of a table. Numbers stand at its right edge. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A table that is filled while work goes on: redrawn in place on a terminal, elsewhere a line for each row that is done. */
export interface LiveTable {
  /** Puts cells into a row, a cell a column; a key that is new makes a row at the end. */
  set(key: string, cells: readonly string[]): void;
  /** The same for the last time: where nothing is redrawn, the row is printed now. */
  finish(key: string, cells: readonly string[]): void;
  /** A line below the table, on a terminal alone. */
  note(text: string): void;
  /** Leaves the table standing and the cursor below it. */
  stop(): void;
}

/** From one redrawing to the next, at least. */
const REDRAW_MS = 100;

const SILENT: LiveTable = { set() {}, finish() {}, note() {}, stop() {} };

/** Shows nothing, for `--json`. */
export const silentTable = (): LiveTable => SILENT;

/**
 * A table on a stream. Where it is no terminal, the first row that is done is preceded by the columns' titles.
 * @param widths least widths of columns, for lines that are printed before later ones are known
 */
export function liveTable(
  columns: readonly Column[],
  stream: NodeJS.WriteStream = process.stdout,
  widths: readonly number[] = [],
): LiveTable {
  return stream.isTTY ? redrawn(columns, stream, widths) : printed(columns, stream, widths);
}

function redrawn(columns: readonly Column[], stream: NodeJS.WriteStream, widths: readonly number[]): LiveTable {
  const update = createLogUpdate(stream);
  const rows = new Map<string, readonly string[]>();
  let [drawn, note] = [0, ""];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  const draw = () => {
    clearTimeout(timer);
    timer = undefined;
    drawn = Date.now();
    const [head = "", ...body] = formatTable(columns, [...rows.values()], widths);
    // A terminal cannot redraw what has scrolled away: the last rows are those at work.
    const room = Math.max(1, (stream.rows ?? 24) - (note ? 3 : 2));
    const lines = [head, ...body.slice(-room), ...(note ? [note] : [])];
    update(lines.map((line) => line.slice(0, Math.max(1, (stream.columns ?? 80) - 1))).join("\n"));
  };
  const change = (key: string, cells: readonly string[], now: boolean) => {
    if (isStopped) return;
    rows.set(key, cells);
    if (now || Date.now() - drawn >= REDRAW_MS) draw();
    else timer ??= setTimeout(draw, REDRAW_MS).unref();
  };
  return {
    set: (key, cells) => change(key, cells, false),
    finish: (key, cells) => change(key, cells, true),
    note(text) {
      note = text;
      if (!isStopped && Date.now() - drawn >= REDRAW_MS) draw();
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      clearTimeout(timer);
      update.clear();
      update.done();
      // All of it now, as wide as it is.
      if (rows.size > 0) stream.write(`${formatTable(columns, [...rows.values()], widths).join("\n")}\n`);
    },
  };
}

function printed(columns: readonly Column[], stream: NodeJS.WritableStream, widths: readonly number[]): LiveTable {
  let hasHead = false;
  return {
    set() {},
    note() {},
    stop() {},
    finish(_, cells) {
      const [head = "", row = ""] = formatTable(columns, [cells], widths);
      stream.write(hasHead ? `${row}\n` : `${head}\n${row}\n`);
      hasHead = true;
    },
  };
}

/** The lines of a table: its titles, and its rows. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  least: readonly number[] = [],
): string[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(least[i] ?? 0, title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, i) => {
        const [cell, width] = [cells[i] ?? "", widths[i] as number];
        return align === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [columns.map(({ title }) => title), ...rows].map(line);
}
