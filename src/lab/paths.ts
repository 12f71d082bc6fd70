import type { Gpu } from "../gpu/device.ts";
import type { Hyper, Optimizer } from "../optim/optimizer.ts";
import { runTrajectory } from "../optim/trajectory.ts";
import { learningRates } from "./learningRates.ts";
import type { Point, TestFunction } from "./testFunctions.ts";

/** The learning rates that every optimizer may take: three a decade or so, from too small for some to too large for most. */
export const PATH_RATES: readonly number[] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Where an optimizer went on a function. */
export interface Path {
  readonly function: string;
  readonly optimizer: string;
  /** The learning rate of the grid that ended lowest; absent where the optimizer has none to choose. */
  readonly lr?: number;
  /** The start, then the place after each step. One outside of the function's window is the last. */
  readonly points: readonly Point[];
  /** The function's value at the last of them. */
  readonly value: number;
  /** The step that left the window, and with it the picture. */
  readonly leftAt?: number;
}

/**
 * Runs an optimizer's kernels on test functions, with each learning rate of a grid, and keeps the path that ends lowest: of
 * those that stay in the window, if any does. Other hyper-parameters have their defaults.
 * @param steps at most
 */
export async function tracePaths(
  gpu: Gpu,
  optimizer: Optimizer,
  functions: readonly TestFunction[],
  steps: number,
  grid: readonly number[] = PATH_RATES,
): Promise<Path[]> {
  // Side by side: a step is little work for the device, and most of its time is spent waiting.
  return Promise.all(
    functions.map(async (on) => {
      const rates = learningRates(optimizer, grid);
      const paths = await Promise.all(rates.map((lr) => tracePath(gpu, optimizer, on, steps, lr)));
      return paths.reduce((best, path) => (isBetter(path, best) ? path : best));
    }),
  );
}

function isBetter(path: Path, than: Path): boolean {
  if (path.leftAt !== undefined && than.leftAt !== undefined) return path.leftAt > than.leftAt;
  return path.leftAt === than.leftAt ? path.value < than.value : path.leftAt === undefined;
}

/** Ends a run from inside its gradient: nothing is left to see. */
class LeftWindow extends Error {}

async function tracePath(
  gpu: Gpu,
  optimizer: Optimizer,
  on: TestFunction,
  steps: number,
  lr: number | undefined,
): Promise<Path> {
  const hyper: Hyper = optimizer.hyper.parse(lr === undefined ? {} : { lr });
  let points: Point[] = [];
  const add = (params: ArrayLike<number>) => {
    const at: Point = [params[0] as number, params[1] as number];
    points.push(at);
    if (!isInside(at, on)) throw new LeftWindow();
    return at;
  };
  try {
    const pointOf = (x: ArrayLike<number>): Point => [x[0] as number, x[1] as number];
    const loss = (x: ArrayLike<number>) => on.value(pointOf(x));
    // What a line search tries may be anywhere: on its path are the points that are lower than all before.
    const gradient = (x: ArrayLike<number>) => on.gradient(optimizer.needsLoss ? pointOf(x) : add(x));
    const { params } = await runTrajectory(gpu, optimizer, hyper, on.start, steps, gradient, undefined, loss);
    // What the gradient was asked at may be more than the steps' ends.
    points = [];
    for (const at of [on.start, ...params]) {
      const before = points.at(-1);
      if (!optimizer.needsLoss || !before || loss(at) < on.value(before)) add(at);
    }
  } catch (error) {
    if (!(error instanceof LeftWindow)) throw error;
  }
  const last = points.at(-1) as Point;
  return {
    function: on.name,
    optimizer: optimizer.name,
    ...(lr !== undefined && { lr }),
    points,
    value: on.value(last),
    ...(!isInside(last, on) && { leftAt: points.length - 1 }),
  };
}

function isInside([x, y]: Point, { window: [low, high] }: TestFunction): boolean {
  return x >= low[0] && x <= high[0] && y >= low[1] && y <= high[1];
}
