import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { formatTable, liveTable } from "../../src/cli/liveTable.ts";

const COLUMNS = [{ title: "who" }, { title: "points", align: "right" as const }];

/** A stream that keeps what is written, a terminal of some size or none. */
function stream(terminal?: { columns: number; rows: number }) {
  const through = new PassThrough();
  let text = "";
  through.on("data", (chunk) => {
    text += chunk;
  });
  Object.assign(through, terminal && { isTTY: true, ...terminal });
  return { stream: through as unknown as NodeJS.WriteStream, text: () => text };
}

/** The lines that a terminal shows after a text that moves its cursor. */
function shownBy(text: string): string[] {
  const lines = [""];
  let [row, column] = [0, 0];
  const line = () => lines[row] ?? "";
  const token = new RegExp(
    `${String.fromCharCode(27)}\\[([?\\d]*)([A-Za-z])|\\n|[^\\n${String.fromCharCode(27)}]+`,
    "g",
  );
  for (const [all, count = "", code] of text.matchAll(token)) {
    const n = Number(count) || 1;
    if (code === "A") row = Math.max(0, row - n);
    else if (code === "B") row += n;
    else if (code === "G") column = n - 1;
    else if (code === "E") [row, column] = [row + n, 0];
    else if (code === "F") [row, column] = [row - n, 0];
    else if (code === "K") lines[row] = count === "2" ? "" : line().slice(0, column);
    else if (code === "J") lines.splice(row, lines.length, line().slice(0, column));
    else if (all === "\n") [row, column] = [row + 1, 0];
    else if (!code) {
      lines[row] = line().slice(0, column).padEnd(column) + all + line().slice(column + all.length);
      column += all.length;
    }
  }
  return Array.from(lines, (one = "") => one.trimEnd())
    .join("\n")
    .trimEnd()
    .split("\n");
}

test("cells stand below their titles, numbers at the right edge", () => {
  expect(
    formatTable(COLUMNS, [
      ["adam", "1"],
      ["sgd", "22222222"],
    ]),
  ).toEqual(["who     points", "adam         1", "sgd   22222222"]);
  expect(formatTable(COLUMNS, [], [6])).toEqual(["who     points"]);
});

test("where nothing can be redrawn, each row is one line, when it is done", async () => {
  const { stream: out, text } = stream();
  const table = liveTable(COLUMNS, out, [5]);
  table.set("a", ["adam", "0"]);
  table.note("half");
  table.finish("a", ["adam", "1"]);
  table.finish("b", ["sgd", "2"]);
  table.stop();
  expect(text()).toBe("who    points\nadam        1\nsgd         2\n");
});

test("on a terminal the table is redrawn, as wide and high as that has room for, and stands at the end", async () => {
  const { stream: out, text } = stream({ columns: 14, rows: 4 });
  const table = liveTable([...COLUMNS, { title: "more" }], out);
  for (const key of ["a", "b", "c", "d"]) table.finish(key, [key, "1", "more"]);
  table.note("working");
  await new Promise((resolve) => setTimeout(resolve, 130));
  table.set("d", ["d", "9", "more"]);
  // No row that has scrolled away is drawn, and no line is broken.
  const shown = shownBy(text());
  expect(shown).toEqual(["who  points", "d         9", "working"]);
  expect(Math.max(...shown.map((line) => line.length))).toBeLessThan(14);
  table.stop();
  table.stop();
  expect(shownBy(text()).slice(-5)).toEqual([
    "who  points  more",
    ...["a", "b", "c"].map((key) => `${key}         1  more`),
    "d         9  more",
  ]);
});
