import { describe, expect, test } from "vitest";
import { expectClose } from "./close.ts";
import { type Evaluated, lbfgs, type Wanted } from "./optimizers/lbfgs.ts";
import { evaluateCase, lbfgsCases } from "./optimizers/lbfgsCases.ts";

const cases = lbfgsCases();

/** The points that the reference asks for, and why, as many as are wanted. */
function visit(machine: Generator<Wanted, never, Evaluated>, count: number, at: (x: Float64Array) => Evaluated) {
  const visited: Wanted[] = [];
  let next = machine.next();
  for (let k = 0; k < count; k++) {
    visited.push(next.value);
    next = machine.next(at(next.value.at));
  }
  return visited;
}

// Rounding comes back through the gradient: Rosenbrock's walls make it 1000 times as large, step after step.
const BOUND = { relative: 1e-9, absolute: 1e-9 };

describe.each(cases)("$id, as PyTorch", (golden) => {
  const { points, losses, start, hyper } = golden;
  const visited = visit(lbfgs(start, hyper), points.length + 3, (x) => evaluateCase(golden, x));

  test("the points that are evaluated", () => {
    points.forEach((expected, k) => {
      expectClose(visited[k]?.at ?? [], expected, BOUND, `point ${k}`);
      expectClose([evaluateCase(golden, Float64Array.from(expected)).value], [losses[k] ?? 0], { relative: 1e-12 });
    });
  });

  test("where it ends", () => {
    const [last, after] = visited.slice(-2) as [Wanted, Wanted];
    const hasEnded = !/pair$|long first steps$/.test(golden.id) || golden.id.startsWith("quadratic");
    expect(["start", "end"].includes(last.why)).toBe(hasEnded);
    if (hasEnded) expect(after.at).toEqual(last.at);
    expect(evaluateCase(golden, last.accepted).value).toBeLessThanOrEqual(Math.min(...losses) * (1 + 1e-9) + 1e-15);
  });
});

test("the cases go through all parts of the line search", () => {
  const reasons = cases.flatMap((golden) =>
    visit(lbfgs(golden.start, golden.hyper), golden.points.length, (x) => evaluateCase(golden, x)).map(
      ({ why }) => why,
    ),
  );
  const count = (why: Wanted["why"]) => reasons.filter((reason) => reason === why).length;
  expect(count("further")).toBeGreaterThan(20);
  expect(count("zoom")).toBeGreaterThan(40);
  expect(count("first")).toBeGreaterThan(150);
});

describe("beyond PyTorch", () => {
  const hyper = { lr: 1, tolerance_grad: 1e-7, tolerance_change: 1e-9, history_size: 5 };
  const bowl = (x: Float64Array): Evaluated => ({
    value: x.reduce((sum, v) => sum + v * v, 0),
    gradient: x.map((v) => 2 * v),
  });

  test("a step to where there is no loss is halved", () => {
    const walled = (x: Float64Array) => ((x[0] as number) < 0.1 ? { ...bowl(x), value: Number.NaN } : bowl(x));
    const visited = visit(lbfgs([1], { ...hyper, lr: 4 }), 5, walled);
    expect(visited.map(({ at }) => at[0])).toEqual([1, -3, -1, 0, 0.5]);
  });

  test("a direction that leads nowhere gives way to the gradient's, and then it is over", () => {
    let rising = 0;
    // Two sound evaluations make a pair; then every loss is higher than the last.
    const visited = visit(lbfgs([1, 0.5], hyper), 120, (x) => {
      const { value, gradient } = bowl(x);
      return ++rising <= 2 ? { value, gradient } : { value: value + rising, gradient };
    });
    const accepted = visited[10]?.accepted;
    expect(visited.filter(({ why }) => why === "first")).toHaveLength(3);
    expect(visited.at(-1)).toEqual({ at: accepted, accepted, why: "end" });
  });

  test("a start without a gradient is asked again", () => {
    const flat = (x: Float64Array) => ({ value: 1, gradient: x.map(() => 0) });
    expect(visit(lbfgs([3], hyper), 3, flat).map(({ why }) => why)).toEqual(["start", "start", "start"]);
  });
});
