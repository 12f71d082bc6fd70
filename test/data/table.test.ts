import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Split } from "../../src/data/dataset.ts";
import { valuesOf, varianceOf } from "../../src/data/spread.ts";
import { columnFrom, standardise } from "../../src/data/standard.ts";
import { loadTable, loadTestTable, type Table, type TableSetting } from "../../src/data/table.ts";
import { expectClose } from "../reference/close.ts";
import { friedmanCsv, memoryFiles } from "../support/friedman.ts";

const setting = (given: Partial<TableSetting> = {}): TableSetting => {
  return { target: ["y"], kind: "values", testSplit: 0.2, seed: 0, ...given };
};
const load = (text: string, given?: Partial<TableSetting>) =>
  loadTable("t.csv", memoryFiles({ "t.csv": text }), setting(given));
const csvOf = (...rows: readonly (readonly (string | number)[])[]) => rows.map((row) => row.join(",")).join("\n");

/** Rows of features [count][ceil4(width)]. */
function featuresOf({ images, count }: Split): number[][] {
  const floats = new Float32Array(images.buffer, images.byteOffset, images.byteLength / 4);
  const stride = floats.length / count;
  return Array.from({ length: count }, (_, row) => [...floats.subarray(row * stride, (row + 1) * stride)]);
}

describe("a table of values", () => {
  const rows = Array.from({ length: 50 }, (_, i) => [i, 7, 100 - i * i, 3 * i + 1]);
  const text = csvOf(["a", "same", "y", "b"], ...rows);

  test("is standardised by its training rows; a constant column is 0, pads too", async () => {
    const { train, test: held, table, name } = await load(text);
    expect([name, train.count, held.count]).toEqual(["t.csv", 40, 10]);
    expect(train).toMatchObject({ width: 3, height: 1, rowBytes: 16, format: "f32", values: 1, classes: 0 });
    const own = featuresOf(train);
    for (const column of [0, 2]) {
      const values = own.map((row) => row[column] as number);
      const mean = values.reduce((sum, value) => sum + value, 0) / 40;
      const square = values.reduce((sum, value) => sum + value * value, 0) / 40;
      expectClose([mean, square], [0, 1], { absolute: 1e-6 }, `column ${column}`); // f32's rounding of values up to 2
    }
    for (const row of [...own, ...featuresOf(held)]) expect([row[1], row[3]]).toEqual([0, 0]);
    expect(table?.features.map((column) => column.name)).toEqual(["a", "same", "b"]);
    expect(table?.features[1]).toEqual({ name: "same", mean: 7, deviation: 0 });
    expect(table?.trainCount).toBe(40);
  });

  test("keeps rows together: features and targets, by means and deviations, are the file's", async () => {
    const { train, test: held, table } = await load(text);
    const [a, , b] = table?.features ?? [];
    const [y] = table?.target.kind === "values" ? table.target.columns : [];
    const found: number[] = [];
    for (const split of [train, held]) {
      const told = valuesOf(split);
      featuresOf(split).forEach((row, i) => {
        const back = [a, undefined, b].map((column, c) =>
          column ? (row[c] ?? 0) * column.deviation + column.mean : 0,
        );
        const i0 = Math.abs(Math.round(back[0] ?? -1)); // no -0
        found.push(i0);
        const target = (told[4 * i] as number) * (y?.deviation ?? 0) + (y?.mean ?? 0);
        expectClose([back[2] as number, target], [3 * i0 + 1, 100 - i0 * i0], { absolute: 1e-3 }, `row ${i0}`);
      });
    }
    expect(found.toSorted((p, q) => p - q)).toEqual(rows.map((_, i) => i));
  });

  test("is split by its own seed alone", async () => {
    const testRows = async (seed: number) => featuresOf((await load(text, { seed })).test).length;
    const [first, again, other] = await Promise.all([load(text), load(text), load(text, { seed: 1 })]);
    expect(featuresOf(first.test)).toEqual(featuresOf(again.test));
    expect(first.table).toEqual(again.table);
    expect(first.table).not.toEqual(other.table);
    expect(await testRows(3)).toBe(10);
    expect((await load(text, { testSplit: 7 })).test.count).toBe(7);
  });

  test("may have several targets, whose variance is 1 together in training", async () => {
    const { train, table } = await load(text, { target: ["y", "b"] });
    expect(train).toMatchObject({ width: 2, values: 2 });
    expect(table?.target).toMatchObject({ kind: "values", columns: [{ name: "y" }, { name: "b" }] });
    expect(varianceOf(train)).toBeCloseTo(1, 5);
  });

  test("of another file is standardised by the training's numbers, with columns in any order", async () => {
    const { table } = await load(text);
    const other = csvOf(["y", "more", "b", "a", "same"], [100, "text", 1, 0, 8], [99, "text", 4, 1, 9]);
    const { test: held } = await loadTestTable("o.csv", memoryFiles({ "o.csv": other }), table as Table);
    const [a, , b] = table?.features ?? [];
    const of = (column: typeof a, value: number) =>
      Math.fround((value - (column?.mean ?? 0)) / (column?.deviation ?? 1));
    expect(featuresOf(held)).toEqual([
      [of(a, 0), 0, of(b, 1), 0],
      [of(a, 1), 0, of(b, 4), 0],
    ]);
    const missing = loadTestTable("o.csv", memoryFiles({ "o.csv": "a,b,y\n1,2,3\n" }), table as Table);
    await expect(missing).rejects.toThrow('o.csv: no column is named "same"; it has a, b, y');
  });
});

describe("a table of classes", () => {
  const kinds = Array.from(
    { length: 90 },
    (_, i) => ["pear", "apple", "fig"][i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2] as string,
  );
  const text = csvOf(["x", "kind"], ...kinds.map((kind, i) => [i, kind]));
  const classes = { target: ["kind"], kind: "classes" } as const;

  test("has them sorted, and as many of each in proportion in either part", async () => {
    const { train, test: held, table } = await load(text, classes);
    expect(table?.target).toEqual({ kind: "classes", name: "kind", classes: ["apple", "fig", "pear"] });
    expect(train).toMatchObject({ classes: 3, count: 72 });
    expect(train.values).toBeUndefined();
    const counts = [0, 1, 2].map((label) => held.labels.filter((own) => own === label).length);
    expect(counts).toEqual([5, 2, 11]); // of 27, 9 and 54: a fifth, rounded
  });

  test("sorts numbers by size", async () => {
    const { table } = await load(csvOf(["x", "n"], ...[10, 9, 2, 10, 9, 2, 2].map((n, i) => [i, n])), {
      target: ["n"],
      kind: "classes",
    });
    expect(table?.target).toMatchObject({ classes: ["2", "9", "10"] });
  });

  test("refuses a class that training does not have", async () => {
    const { table } = await load(text, classes);
    const other = loadTestTable("o.csv", memoryFiles({ "o.csv": "x,kind\n1,fig\n2,plum\n" }), table as Table);
    await expect(other).rejects.toThrow(
      'o.csv:3: column "kind" is "plum", none of the classes of training: apple, fig, pear',
    );
  });
});

describe("what cannot be a data set is refused", () => {
  const many = csvOf(["x", "y"], ...Array.from({ length: 300 }, (_, i) => [i, i / 7]));
  test.each<[string, Partial<TableSetting>, string]>([
    [
      "a,y\n1,2\n3,x\n",
      {},
      't.csv:3: column "y" is "x", no number; leave the row out, or mend it; to tell classes apart',
    ],
    ["a,y\n1,2\n,4\n", {}, 't.csv:3: column "a" is missing'],
    ["y\n1\n2\n", {}, "t.csv: every column is a target"],
    ["a,b\n1,2\n", {}, 't.csv: no column is named "y"; it has a, b'],
    ["a,y\n1,2\n", {}, "t.csv: test_split takes 1 of its 1 rows, which leaves none to train on"],
    ["a,y\n1,2\n2,3\n", { testSplit: 2 }, "t.csv: test_split takes 2 of its 2 rows"],
    ["a,y\n1,5\n2,5\n3,5\n", {}, 't.csv: "y" is 5 in every row of training: nothing to tell'],
    ["a,y\n1,u\n2,u\n3,u\n", { kind: "classes" }, 't.csv: column "y" is "u" in every row: nothing to tell'],
    ["a,y\n1,u\n2,\n3,v\n", { kind: "classes" }, 't.csv:3: column "y" is missing'],
    [
      many,
      { kind: "classes" },
      "holds 300 different numbers, and there may be 256 classes at most; to tell its values take the loss mse",
    ],
    [`a,y\n${"1.7e308,1\n-1.7e308,2\n-1.7e308,3\n".repeat(5)}`, {}, 'the numbers in column "a" differ too much'],
  ])("%j", async (text, given, message) => {
    await expect(load(text, given)).rejects.toThrow(message);
  });
});

test("equal numbers have no deviation, whatever their mean rounds to; tiny and large ones have theirs", () => {
  expect(columnFrom("c", new Float64Array(7).fill(0.1), "f")).toEqual({ name: "c", mean: 0.1, deviation: 0 });
  for (const scale of [1e-200, 1, 1e150]) {
    const { mean, deviation } = columnFrom("c", Float64Array.of(scale, 3 * scale), "f");
    expectClose([mean, deviation], [2 * scale, scale], { relative: 1e-15 }, `${scale}`);
  }
  expect([...standardise({ name: "c", mean: 1, deviation: 0 }, Float64Array.of(1, 5))]).toEqual([0, 0]);
});

test("any numbers are finite when standardised, or refused by their column", async () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(number, number), { minLength: 3, maxLength: 12 }), async (rows) => {
      const result = await load(csvOf(["a", "y"], ...rows)).catch((error: Error) => error);
      if (result instanceof Error) {
        expect(result.message).toMatch(/^t\.csv: .*("a"|"y")/);
        return;
      }
      for (const row of featuresOf(result.train)) expect(row.every(Number.isFinite)).toBe(true);
      expect(valuesOf(result.train).every(Number.isFinite)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("Friedman's function has the variance that it should", async () => {
  const { table } = await load(friedmanCsv(4000, 1));
  const [y] = table?.target.kind === "values" ? table.target.columns : [];
  // Mean 14.4 and variance 23.8 + 1 of noise; the sample's own deviation is 1.5 %.
  expect(y?.mean).toBeGreaterThan(14);
  expect(y?.mean).toBeLessThan(14.8);
  expect((y?.deviation ?? 0) ** 2).toBeGreaterThan(23);
  expect((y?.deviation ?? 0) ** 2).toBeLessThan(27);
});
