import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numbersOf, readCsv, textsOf } from "../../src/data/csv.ts";

const read = (text: string | Uint8Array) =>
  readCsv(typeof text === "string" ? new TextEncoder().encode(text) : text, "t.csv");

describe("a CSV file", () => {
  test("has names, rows and the line of each: quotes, CRLF, a byte order mark, spaces, empty lines", async () => {
    const text = '\ufeff"a, b" , c\r\n1,"x ""y"""\r\n\r\n2,"two\r\nlines"\r\n +3.5e-1 , \r\n';
    const csv = await read(text);
    expect(csv).toEqual({
      file: "t.csv",
      names: ["a, b", "c"],
      rows: [
        ["1", 'x "y"'],
        ["2", "two\nlines"],
        ["+3.5e-1", ""],
      ],
      lines: [2, 4, 6],
    });
    expect([...numbersOf(csv, "a, b")]).toEqual([1, 2, 0.35]);
    expect(textsOf(csv, "c")).toEqual(['x "y"', "two\nlines", ""]);
  });

  test("may mix line ends", async () => {
    const csv = await read("a,b\r\n1,2\n3,4\r5,6");
    expect([csv.rows, csv.lines]).toEqual([
      [
        ["1", "2"],
        ["3", "4"],
        ["5", "6"],
      ],
      [2, 3, 4],
    ]);
  });

  test.each([";", "\t"])("may have %j between its cells", async (delimiter) => {
    const csv = await read(["a", '"b,c"', "d"].join(delimiter).concat("\n", ["1", "2", "3"].join(delimiter)));
    expect(csv.names).toEqual(["a", "b,c", "d"]);
    expect(csv.rows).toEqual([["1", "2", "3"]]);
  });

  test.each<[string, string]>([
    ["", "t.csv: empty; expected a header with the columns' names, and rows"],
    ["a,b\n", "t.csv: holds no rows below its header"],
    ["a,b\n1,2\n\n3\n", "t.csv:4: 1 cells, and the header has 2"],
    ["a,b\n1,2,3\n", "t.csv:2: 3 cells, and the header has 2"],
    ["a,,c\n1,2,3\n", "t.csv:1: column 2 has no name"],
    ["a,b,a\n1,2,3\n", 't.csv:1: two columns are named "a"'],
    ["1,2.5,-3\n1,2,3\n", "t.csv:1: only numbers where the columns' names are expected"],
    ['a,b\n1,"2\n3,4\n', "t.csv:3: no valid CSV: Quote Not Closed"],
    ['a,b\n1,x"2"\n', "t.csv:2: no valid CSV: Invalid Opening Quote"],
    ['a,b\n1,"2"x\n', "t.csv:2: no valid CSV: Invalid Closing Quote"],
  ])("%j is refused", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  test("in another encoding is refused", async () => {
    await expect(read(Uint8Array.of(0x61, 0x2c, 0xe4, 0x0a, 0x31, 0x2c, 0x32))).rejects.toThrow(
      "t.csv: no text in UTF-8",
    );
  });

  test.each<[string, string]>([
    ["", 'column "b" is missing'],
    ["n/a", 'column "b" is "n/a", no number'],
    ["NaN", 'column "b" is "NaN", no number'],
    ["Infinity", 'column "b" is "Infinity", no number'],
    ["0x10", 'column "b" is "0x10", no number'],
    ["1_000", 'column "b" is "1_000", no number'],
    ["1e999", 'column "b" is "1e999", no finite number'],
  ])("whose cell is %j is refused where numbers are wanted, by line and column", async (cell, message) => {
    const csv = await read(`a,b\n1,2\n3,${cell}\n`);
    expect(() => numbersOf(csv, "b")).toThrow(`t.csv:3: ${message}`);
    expect([...numbersOf(csv, "a")]).toEqual([1, 3]);
    expect(() => numbersOf(csv, "c")).toThrow('t.csv: no column is named "c"; it has a, b');
  });
});

/** Texts that look like CSV and are not, or not quite. */
const hostile = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'a1.,;\t"\n\r e-\ufeff\0\\') }),
  fc.string({ unit: "binary" }),
  fc
    .array(fc.array(fc.constantFrom("a", "b", "1", '"', '""', '"x\n"', "-1e3", "", "__proto__")), { maxLength: 8 })
    .map((rows) => rows.map((row) => row.join(",")).join("\n")),
);

test("any text gives a table, all of whose rows have a cell for each name, or an error that names the file", async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (text) => {
      const csv = await read(text).catch((error: Error) => error);
      if (csv instanceof Error) {
        expect(csv.message).toMatch(/^t\.csv[:\d]*: \S/);
        return;
      }
      expect(csv.rows.length).toBeGreaterThan(0);
      expect(csv.lines).toHaveLength(csv.rows.length);
      expect(csv.lines.every((line, i) => line > (csv.lines[i - 1] ?? 1))).toBe(true);
      for (const row of csv.rows) expect(row).toHaveLength(csv.names.length);
    }),
    { numRuns: 500 },
  );
});

test("any bytes give a table or an error that names the file", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
      const csv = await read(bytes).catch((error: Error) => error);
      if (csv instanceof Error) expect(csv.message).toMatch(/^t\.csv[:\d]*: \S/);
    }),
    { numRuns: 300 },
  );
});

test("what is written by the rules reads back as it was", async () => {
  const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  const cell = fc.string({ unit: fc.constantFrom(...'ab1,;"\n\té') });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), async (rows) => {
      const text = `"name",other\n${rows.map((row) => row.map(quote).join(",")).join("\n")}\n`;
      expect((await read(text)).rows).toEqual(rows);
    }),
    { numRuns: 300 },
  );
});
