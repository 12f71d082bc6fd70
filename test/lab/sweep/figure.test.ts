import { expect, test } from "vitest";
import { drawSweep } from "../../../src/lab/sweep/figure.ts";
import { resultsCsv, type SettingResult } from "../../../src/lab/sweep/results.ts";
import type { SweepValue } from "../../../src/lab/sweep/values.ts";
import { parseRecipe } from "../../../src/train/recipe.ts";
import { parseSvg } from "../svg.ts";

const TITLE = { text: "Sweep of <a>", subtext: "on an adapter" };
const result = (
  values: Record<string, SweepValue>,
  loss: number,
  fate: SettingResult["fate"] = "done",
): SettingResult => ({
  ...{ rank: 1, values, fate, epochs: 2, val_loss: loss, val_accuracy: 1 - loss / 10, train_loss: loss, seconds: 1 },
  trials: [{ key: "", seed: 0, val_loss: loss, val_accuracy: 1 - loss / 10, evaluations: [] }],
  recipe: parseRecipe({}),
});
const drawn = async (results: readonly SettingResult[], by: "val_loss" | "val_accuracy" = "val_loss") =>
  parseSvg((await drawSweep(results, by, TITLE)) ?? "");
const textsOf = (elements: ReturnType<typeof parseSvg>) =>
  elements.filter(({ name }) => name === "text").map(({ text }) => text);

test("one number: a curve on a logarithmic axis, the best one named", async () => {
  const results = [1e-4, 1e-3, 1e-2, 0.1].map((lr, i) => result({ lr }, [1, 0.2, 0.5, 1e9][i] as number));
  const elements = await drawn(results);
  const texts = textsOf(elements);
  for (const text of ["Sweep of &lt;a&gt;", "lr (log scale)", "validation loss (log scale)", "0.2 at 0.001"]) {
    expect(texts.map((one) => one.replace("0.200", "0.2"))).toContain(text);
  }
  // Marks at equal distances: decades; the diverged one is a triangle, and no part of the curve.
  const places = elements
    .filter(({ attributes: { fill, transform = "" } }) => fill === "#0072B2" && transform.startsWith("matrix"))
    .map(({ attributes: { transform = "" } }) => Number(transform.split(/[(,)]/)[5]));
  expect(places).toHaveLength(3);
  const [a = 0, b = 0, c = 0] = places;
  expect(c - b).toBeCloseTo(b - a, 3);
  expect(
    elements.filter(({ attributes: { fill, ecmeta_ssr_type } }) => fill === "#57606a" && ecmeta_ssr_type === "chart"),
  ).toHaveLength(1);
});

test("a number and another setting: a line for each of its values, with its name", async () => {
  const results = ["sgd", "adam"].flatMap((optimizer, o) =>
    [0.1, 0.2, 0.4].map((lr) => result({ optimizer, lr }, lr + o)),
  );
  const texts = textsOf(await drawn(results, "val_accuracy"));
  for (const text of ["sgd", "adam", "lr", "validation accuracy, %"]) expect(texts).toContain(text);
});

test("two numbers: a cell each, stopped ones in brackets, the best one framed", async () => {
  const results = [1, 2].flatMap((x) =>
    [10, 20, 30].map((y) => result({ x, y }, x * y, y === 30 ? "stopped" : "done")),
  );
  const elements = await drawn(results);
  const texts = textsOf(elements);
  for (const text of ["10.0", "20.0", "40.0", "(30.0)", "(60.0)", "x", "y"]) expect(texts).toContain(text);
  expect(elements.filter(({ attributes }) => attributes.stroke === "#D55E00")).toHaveLength(1);
});

test("random search: a panel for each number; none without numbers", async () => {
  const results = [1, 2, 3, 4].map((i) => result({ a: i, b: i * i, c: 1 / i }, i));
  const texts = textsOf(await drawn(results));
  for (const text of ["a", "b (log scale)", "c"]) expect(texts).toContain(text);
  expect(await drawSweep([result({ optimizer: "sgd" }, 1), result({ optimizer: "adam" }, 2)], "val_loss", TITLE)).toBe(
    undefined,
  );
});

test("CSV quotes what has commas", () => {
  expect(resultsCsv([result({ hidden: [8, 4], name: 'a "b"' }, Number.NaN)])).toBe(
    'rank,fate,hidden,name,seeds,epochs,val_loss,val_accuracy,train_loss,seconds\n1,done,"[8,4]","a ""b""",1,2,NaN,NaN,NaN,1\n',
  );
});
