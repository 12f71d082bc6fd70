import { expect, test } from "vitest";
import { textPlot } from "../../src/cli/textPlot.ts";

test("a straight line over a logarithmic axis goes from corner to corner", () => {
  const points = Array.from({ length: 41 }, (_, i) => [10 ** (-4 + i / 10), 4 - i / 10] as const);
  const lines = textPlot({ points, width: 20, height: 5, mark: 0.01, xText: (x) => x.toPrecision(1) }).split("\n");
  expect(lines).toHaveLength(7);
  expect(lines[0]).toMatch(/^4\.00 │[⠁-⣿]+$/);
  expect(lines[4]).toMatch(/^0\.00 │ {16}[⠁-⣿]{4}$/);
  // The mark is the middle of the axis.
  expect(lines[5]).toBe(`     └${"─".repeat(10)}┴${"─".repeat(9)}`);
  expect(lines[6]).toMatch(/^ {6}0\.0001 {13}1$/);
});

test("what is no number is left out, and one point is a plot", () => {
  const points = [
    [0.1, Number.NaN],
    [0.1, 2],
    [0, 1],
  ] as const;
  const plot = textPlot({ points, width: 4, height: 2, xText: String });
  expect(plot.split("\n")[0]).toContain("2.00 │");
  expect([...plot].filter((letter) => letter > "⠀" && letter <= "⣿")).toHaveLength(1);
});
