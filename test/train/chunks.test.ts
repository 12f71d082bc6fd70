import { expect, test } from "vitest";
import { plainTiling } from "../../src/gpu/tiling.ts";
import { type Chunk, chunksOf, samplesOf } from "../../src/train/chunks.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe } from "../../src/train/recipe.ts";

const planOf = (batch_size: number | "full", trainCount: number, population = 1) =>
  makePlan(
    parseRecipe({ hidden: [4], batch_size, population }),
    { trainCount, testCount: 10, inputs: 4, rowBytes: 4, classes: 10 },
    plainTiling,
  );

const rowsOf = (chunks: Iterable<Chunk>) => Array.from(chunks, ({ rows }) => rows);

test("a batch of up to 1000 samples is one chunk; an epoch ends with a smaller one", () => {
  const plan = planOf(100, 330);
  expect(plan.stepsPerEpoch).toBe(4);
  expect([...chunksOf(plan, 2, 5)]).toMatchObject([
    { step: 2, epoch: 0, position: 200, rows: 100, batch: 100, isFirst: true, isLast: true },
    { step: 3, epoch: 0, position: 300, rows: 30, batch: 30, isFirst: true, isLast: true },
    { step: 4, epoch: 1, position: 0, rows: 100, batch: 100, isFirst: true, isLast: true },
  ]);
  expect(rowsOf(chunksOf(planOf(1, 3), 0, 7))).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("a larger batch is cut into equal chunks, each of which knows the whole", () => {
  expect([...chunksOf(planOf("full", 2500), 1, 2)]).toMatchObject([
    { step: 1, epoch: 1, position: 0, rows: 834, batch: 2500, isFirst: true, isLast: false },
    { step: 1, epoch: 1, position: 834, rows: 834, batch: 2500, isFirst: false, isLast: false },
    { step: 1, epoch: 1, position: 1668, rows: 832, batch: 2500, isFirst: false, isLast: true },
  ]);
  expect(rowsOf(chunksOf(planOf("full", 60000), 0, 1))).toEqual(new Array(60).fill(1000));
  expect(rowsOf(chunksOf(planOf(1500, 2500), 0, 2))).toEqual([750, 750, 750, 250]);
  expect(rowsOf(chunksOf(planOf(1001, 1001), 0, 1))).toEqual([501, 500]);
});

test("chunk sizes depend on shapes alone, not on the population", () => {
  for (const size of [100, 1500, "full"] as const) {
    const alone = planOf(size, 2500);
    const crowd = planOf(size, 2500, 60000);
    expect([...chunksOf(crowd, 0, 20)]).toEqual([...chunksOf(alone, 0, 20)]);
  }
});

test.each([
  [100, 330],
  [1, 7],
  [1500, 2500],
  ["full", 2500],
] as const)("batches of %s of %i samples cover every position of every epoch once", (size, count) => {
  const plan = planOf(size, count);
  let next = 0;
  for (const { epoch, position, rows } of chunksOf(plan, 0, 3 * plan.stepsPerEpoch)) {
    expect(epoch * count + position).toBe(next);
    next += rows;
  }
  expect(next).toBe(3 * count);
});

test("samplesOf counts what steps take, smaller batches included", () => {
  for (const [size, count] of [
    [100, 330],
    [1, 7],
    [1500, 2500],
    ["full", 2500],
  ] as const) {
    const plan = planOf(size, count);
    for (let steps = 0; steps <= 2 * plan.stepsPerEpoch + 1; steps++) {
      const rows = rowsOf(chunksOf(plan, 0, steps)).reduce((sum, rows) => sum + rows, 0);
      expect(samplesOf(plan, steps)).toBe(rows);
    }
  }
});

test("a step of two gradients goes over its samples twice", () => {
  const plan = { ...planOf(1500, 2500), gradients: 2 };
  const seen = Array.from(chunksOf(plan, 0, 1), ({ position, gradient, isFirst, endsGradient, isLast }) => {
    return [position, gradient, isFirst, endsGradient, isLast];
  });
  expect(seen).toEqual([
    [0, 0, true, false, false],
    [750, 0, false, true, false],
    [0, 1, true, false, false],
    [750, 1, false, true, true],
  ]);
});
