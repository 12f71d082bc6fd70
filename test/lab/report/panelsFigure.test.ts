import { expect, test } from "vitest";
import { drawPanels, type Panel } from "../../../src/lab/report/panelsFigure.ts";
import { parseSvg } from "../svg.ts";

const panel = (optimizer: string, more: Partial<Panel> = {}): Panel => ({
  optimizer,
  lr: 0.01,
  accuracy: 0.92,
  curve: [
    [0.5, 2],
    [1, 0.5],
  ],
  ...more,
});

test("the figure has a panel for each optimizer, its curve over those of the others", async () => {
  const all = ["sgd", "adam", "lion", "a", "b", "c", "d"].map((name) => panel(name));
  all[1] = panel("adam", { curve: [[1, Number.NaN]], accuracy: 0.1 });
  const elements = parseSvg(await drawPanels(all, { text: "seven", subtext: "on an adapter" }));
  const texts = elements.map(({ text }) => text);
  for (const { optimizer } of all) expect(texts.filter((text) => text === optimizer)).toHaveLength(1);
  expect(texts.filter((text) => text === "lr 0.01: 92.00 %")).toHaveLength(6);
  expect(texts).toEqual(expect.arrayContaining(["seven", "on an adapter", "lr 0.01: 10.00 %"]));
  const lines = (color: string) =>
    elements.filter(
      ({ attributes: { stroke, fill, d } }) => stroke === color && fill === "none" && (d?.length ?? 0) > 9,
    );
  const blue = lines("#0072B2");
  expect(blue).toHaveLength(6); // one has no finite loss to draw
  // A curve comes down from left to right.
  const [x0, y0, x1, y1] = (blue[0]?.attributes.d?.match(/-?[\d.]+/g) ?? []).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  expect(x1).toBeGreaterThan(x0);
  expect(y1).toBeGreaterThan(y0);
});
