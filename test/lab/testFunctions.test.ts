import { describe, expect, test } from "vitest";
import { type Point, testFunctions } from "../../src/lab/testFunctions.ts";

describe.each(testFunctions)("$name", ({ value, gradient, minima, start, window: [low, high] }) => {
  // Places all over the window, none of them symmetric.
  const places = Array.from({ length: 25 }, (_, i): Point => {
    const [right, up] = [((i % 5) + 0.3) / 5, (Math.floor(i / 5) + 0.6) / 5];
    return [low[0] + right * (high[0] - low[0]), low[1] + up * (high[1] - low[1])];
  });

  test("its gradient is what central differences give", () => {
    const h = 1e-5;
    for (const [x, y] of [...places, start, ...minima]) {
      const [dx, dy] = gradient([x, y]);
      const along = (value([x + h, y]) - value([x - h, y])) / (2 * h);
      const up = (value([x, y + h]) - value([x, y - h])) / (2 * h);
      // The difference's own error: h^2 times third derivatives of some 1e4 here, and rounding of values of 1e4 over h
      const bound = 1e-5 * (1 + Math.hypot(dx, dy));
      expect(Math.abs(along - dx), `d/dx at ${x}, ${y}`).toBeLessThan(bound);
      expect(Math.abs(up - dy), `d/dy at ${x}, ${y}`).toBeLessThan(bound);
    }
  });

  test("is 0 at its minima, where its gradient vanishes, and above it elsewhere", () => {
    for (const at of minima) {
      expect(value(at)).toBe(0);
      expect(Math.hypot(...gradient(at))).toBe(0);
    }
    for (const at of [...places, start]) expect(value(at)).toBeGreaterThan(0);
  });

  test("shows its start and minima", () => {
    for (const [x, y] of [start, ...minima]) {
      expect(x > low[0] && x < high[0] && y > low[1] && y < high[1]).toBe(true);
    }
  });
});
