/** A place in the plane. */
export type Point = readonly [x: number, y: number];

/** A function of two variables that optimizers are watched on. */
export interface TestFunction {
  /** As a flag gives it. */
  readonly name: string;
  readonly title: string;
  readonly formula: string;
  /** What is hard about it. */
  readonly about: string;
  value(at: Point): number;
  gradient(at: Point): Point;
  /** Where its value is lowest: 0. */
  readonly minima: readonly Point[];
  /** Where every path starts. */
  readonly start: Point;
  /** The part of the plane that is drawn, from its lower left to its upper right corner. */
  readonly window: readonly [low: Point, high: Point];
}

/** Rosenbrock, "An automatic method for finding the greatest or least value of a function", Computer Journal 3(3), 1960. */
const rosenbrock: TestFunction = {
  name: "rosenbrock",
  title: "Rosenbrock",
  formula: "(1 - x)² + 100 (y - x²)²",
  about: "a bent valley: its walls are steep, its floor is almost flat",
  value: ([x, y]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
  gradient: ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
  minima: [[1, 1]],
  start: [-1.2, 1],
  window: [
    [-2, -1],
    [2, 3],
  ],
};

const BEALE = [1.5, 2.25, 2.625] as const;

/** Beale, "On an iterative method for finding a local minimum of a function of more than one variable", Princeton 1958. */
const beale: TestFunction = {
  name: "beale",
  title: "Beale",
  formula: "(1.5 - x + x y)² + (2.25 - x + x y²)² + (2.625 - x + x y³)²",
  about: "plains with hardly a slope between cliffs",
  value: ([x, y]) => BEALE.reduce((sum, c, i) => sum + (c - x + x * y ** (i + 1)) ** 2, 0),
  gradient: ([x, y]) =>
    BEALE.reduce<Point>(
      ([dx, dy], c, i) => {
        const residual = c - x + x * y ** (i + 1);
        return [dx + 2 * residual * (y ** (i + 1) - 1), dy + 2 * residual * x * (i + 1) * y ** i];
      },
      [0, 0],
    ),
  minima: [[3, 0.5]],
  start: [0.8, 1.2],
  window: [
    [-1, -2.5],
    [4, 2.5],
  ],
};

/** Two wells and the saddle between them, at the origin: the start is almost on the ridge that leads down to it. */
const saddle: TestFunction = {
  name: "saddle",
  title: "A saddle",
  formula: "(x² - 1)² + 2 y²",
  about: "the slope leads to the point between two wells, where it vanishes",
  value: ([x, y]) => (x * x - 1) ** 2 + 2 * y * y,
  gradient: ([x, y]) => [4 * x * (x * x - 1), 4 * y],
  minima: [
    [-1, 0],
    [1, 0],
  ],
  start: [0.001, 1.2],
  window: [
    [-1.6, -1.6],
    [1.6, 1.6],
  ],
};

/** The functions that `downhill paths` draws. */
export const testFunctions: readonly TestFunction[] = [rosenbrock, beale, saddle];
