import { describe, expect, test } from "vitest";
import { plainTiling } from "../../src/gpu/tiling.ts";
import type { EvalEvent } from "../../src/io/runLog.ts";
import { createHypers } from "../../src/train/hypers.ts";
import { expandMembers } from "../../src/train/members.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";

function refusal(recipe: unknown): string {
  try {
    expandMembers(parseRecipe(recipe));
  } catch (error) {
    expect(error).toBeInstanceOf(RecipeError);
    return (error as RecipeError).message;
  }
  throw new Error(`${JSON.stringify(recipe)} was accepted`);
}

const momentum = { name: "momentum", lr: 0.1 };

describe("in a recipe", () => {
  test("defaults are filled in, and what has none is left out; complete, it reads back as itself", () => {
    const recipe = parseRecipe({
      optimizer: momentum,
      schedule: { name: "cosine", warmup: 10 },
      schedules: { weight_decay: { name: "multi_step", milestones: [3, 5] } },
    });
    expect(recipe.schedule).toEqual({ name: "cosine", eta_min: 0, warmup: 10, by: "step" });
    expect(recipe.schedules).toEqual({
      weight_decay: { name: "multi_step", milestones: [3, 5], gamma: 0.1, warmup: 0, by: "step" },
    });
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
    expect(parseRecipe({})).not.toHaveProperty("schedule");
  });

  test.each<[object, ...string[]]>([
    [{ schedule: { name: "cosin" } }, "schedule.name: must be one of constant, step", 'did you mean "cosine"?'],
    [{ schedule: { name: "step" } }, "schedule.step_size: is missing"],
    [
      { schedule: { name: "cosine", eta_mn: 0 } },
      'schedule: unknown field "eta_mn" (did you mean "eta_min"?); allowed: ',
    ],
    [{ schedule: { name: "cosine", warmup: 0.5 } }, "schedule.warmup: must be a whole number, got 0.5"],
    [{ schedule: { name: "cyclic", mode: "triangle" } }, "schedule.mode: must be one of triangular, triangular2"],
    [{ schedule: { name: "multi_step", milestones: [1, 0] } }, "schedule.milestones.1: must be at least 1, got 0"],
    [{ schedule: { name: "reduce_on_plateau", factor: 1 } }, "schedule.factor: must be below 1, got 1"],
    [{ schedules: [] }, "schedules: must be an object with fields, got []"],
    [
      { optimizer: { name: "rprop" }, schedule: { name: "cosine" } },
      "schedule: rprop reads lr at its start alone (step size that each parameter starts with), so that a schedule of it " +
        "would do nothing: leave it out",
    ],
    [
      { optimizer: { name: "rprop" }, schedule: { name: "reduce_on_plateau" } },
      "schedule: rprop reads lr at its start alone",
    ],
    [
      { optimizer: { name: "prodigy" }, schedules: { d0: { name: "cosine" } } },
      "schedules.d0: prodigy reads d0 at its start alone",
    ],
    [{ schedule: "cosine" }, 'schedule: must be an object with fields, got "cosine"'],
    [{ schedules: { beta1: { name: "step" } } }, "schedules.beta1.step_size: is missing"],
    [{ schedules: { beta1: { name: "linear", end: 1 } } }, 'schedules.beta1: unknown field "end"'],
    [
      { schedules: { weight_decy: { name: "cosine" } } },
      'schedules.weight_decy: adam has no hyper-parameter "weight_decy" that can be scheduled ' +
        '(did you mean "weight_decay"?); it has lr, beta1, beta2, weight_decay, eps, eps_root',
    ],
    [{ schedules: { constructor: { name: "cosine" } } }, 'adam has no hyper-parameter "constructor"'],
    [{ schedules: { lr: { name: "cosine" } } }, 'the learning rate\'s schedule is the field "schedule"'],
    [
      { optimizer: { name: "rmsprop" }, schedules: { centered: { name: "cosine" } } },
      'rmsprop has no hyper-parameter "centered" that can be scheduled',
    ],
    [
      { optimizer: { name: "adagrad" }, schedules: { initial_accumulator_value: { name: "cosine" } } },
      "schedules.initial_accumulator_value: adagrad reads initial_accumulator_value at its start alone",
    ],
    [
      { schedules: { beta1: { name: "cyclic", max_lr: 1 } } },
      "schedules.beta1: its values reach beta1 1: must be at least 0 and below 1",
    ],
    [
      { schedules: { eps: { name: "cosine" } } },
      "schedules.eps: its values reach eps 0: eps and eps_root cannot both be 0",
    ],
    [
      { optimizer: { name: "rmsprop" }, schedules: { momentum: { name: "cyclic", max_lr: 0.9 } } },
      "schedules.momentum: its values reach momentum 0.225, which changes the parts of rmsprop that run",
    ],
    [
      { optimizer: { name: "sgd" }, schedule: { name: "one_cycle", cycle_momentum: true } },
      "schedule.cycle_momentum: sgd has neither momentum nor beta1 to cycle",
    ],
    [
      { schedule: { name: "one_cycle", cycle_momentum: true }, schedules: { beta1: { name: "constant" } } },
      "schedule.cycle_momentum: beta1 has a schedule of its own",
    ],
    [
      { schedules: { beta2: { name: "one_cycle", cycle_momentum: true } } },
      "schedules.beta2.cycle_momentum: goes with the schedule of lr alone",
    ],
    [{ vary: { key: "schedule.eta_min", values: [0] } }, 'vary: unknown setting "schedule.eta_min"'],
    [
      { schedule: { name: "cosine" }, vary: { key: "schedule.eta_mi", values: [0] } },
      'vary: unknown setting "schedule.eta_mi" (did you mean "schedule.eta_min"?)',
    ],
    [{ schedule: { name: "cosine" }, vary: { key: "schedule.name", values: ["step"] } }, "unknown setting"],
    [{ schedule: { name: "cosine" }, vary: { key: "schedule", values: [0] } }, "vary: schedule is the same for all"],
    [
      { schedule: { name: "cosine" }, vary: { key: "schedule.eta_min", values: [0, -1] } },
      "vary: schedule.eta_min: must be at least 0, got -1",
    ],
  ])("%j is refused", (recipe, ...parts) => {
    const message = refusal(recipe);
    for (const part of parts) expect(message).toContain(part);
  });

  test.each<RecipeInput>([
    { schedule: { name: "cosine" } },
    { schedule: { name: "one_cycle", max_lr: 3, cycle_momentum: true } },
    { schedules: { beta1: { name: "linear", end_factor: 0.5 }, weight_decay: { name: "cosine", eta_min: 0.1 } } },
    { optimizer: { name: "rmsprop", momentum: 0.5 }, schedules: { momentum: { name: "cyclic", max_lr: 0.9 } } },
    { schedules: { eps: { name: "cosine", eta_min: 1e-10 } } },
  ])("%j may be", (recipe) => {
    expect(() => parseRecipe(recipe)).not.toThrow();
  });
});

const SHAPE = { trainCount: 330, testCount: 10, inputs: 784, rowBytes: 784, classes: 10 };
// Four steps an epoch.
const hypersOf = (recipe: RecipeInput) =>
  createHypers(makePlan(parseRecipe({ batch_size: 100, steps: 40, ...recipe }), SHAPE, plainTiling));
const evaluation = (step: number, model: number, test_loss: number): EvalEvent => ({
  event: "eval",
  epoch: step / 4,
  step,
  model,
  train_loss: 1,
  test_loss,
  test_accuracy: 0.5,
});

describe("the hyper-parameters of a run", () => {
  test("without schedules are the recipe's", () => {
    expect(hypersOf({ optimizer: { name: "sgd", lr: 0.5 } }).at(0, 7)).toEqual({ lr: 0.5, weight_decay: 0 });
    expect(hypersOf({}).states()).toBeUndefined();
  });

  test("move with their schedules, the others stay", () => {
    const hypers = hypersOf({
      optimizer: { ...momentum, weight_decay: 0.2 },
      schedule: { name: "linear", warmup: 4 },
      schedules: { weight_decay: { name: "step", step_size: 3, by: "epoch" } },
    });
    expect(hypers.at(0, 0)).toEqual({ lr: 0.1 / 4, momentum: 0.9, dampening: 0, weight_decay: 0.2 });
    expect(hypers.at(0, 4).lr).toBe(0.1);
    expect(hypers.at(0, 22).lr).toBeCloseTo(0.05, 15);
    expect([11, 12].map((step) => hypers.at(0, step).weight_decay)).toEqual([0.2, 0.2 * 0.1]);
  });

  test("an optimizer's other rates move with lr by the same factor, unless they have a schedule of their own", () => {
    const optimizer = { name: "muon", lr: 0.02, adamw_lr: 0.001, momentum: 0.5 } as const;
    const schedule = { name: "linear", end_factor: 0, warmup: 4 } as const;
    const together = hypersOf({ optimizer, schedule });
    expect(together.at(0, 0)).toMatchObject({ lr: 0.005, adamw_lr: 0.00025, momentum: 0.5 });
    const { lr, adamw_lr } = together.at(0, 22);
    expect([lr, adamw_lr]).toEqual([expect.closeTo(0.01, 15), expect.closeTo(0.0005, 15)]);
    const apart = hypersOf({ optimizer, schedule, schedules: { adamw_lr: { name: "constant" } } });
    expect(apart.at(0, 22)).toMatchObject({ lr, adamw_lr: 0.001 });
  });

  test("a cycled momentum moves momentum, or beta1", () => {
    const schedule = { name: "one_cycle", cycle_momentum: true } as const;
    expect(hypersOf({ optimizer: momentum, schedule }).at(0, 11).momentum).toBe(0.85);
    expect(hypersOf({ schedule }).at(0, 11)).toMatchObject({ beta1: 0.85, beta2: 0.999 });
    expect(hypersOf({ schedule: { name: "one_cycle" } }).at(0, 11)).toMatchObject({ beta1: 0.9 });
  });

  test("vary between members, with the values and with the schedules", () => {
    const schedule = { name: "cosine" } as const;
    const byRate = hypersOf({ schedule, vary: { key: "lr", values: [0.1, 0.4] } });
    expect([0, 1].map((m) => byRate.at(m, 20).lr)).toEqual([0.05, 0.2]);
    const byFloor = hypersOf({ optimizer: momentum, schedule, vary: { key: "schedule.eta_min", values: [0, 0.05] } });
    expect([0, 1].map((m) => byFloor.at(m, 20).lr)).toEqual([0.05, 0.1 / 2 + 0.05 / 2]);
    const byWarmup = hypersOf({ optimizer: momentum, schedule, vary: { key: "schedule.warmup", values: [0, 10] } });
    expect([0, 1].map((m) => byWarmup.at(m, 0).lr)).toEqual([0.1, 0.01]);
    const others = hypersOf({
      schedules: { beta1: { name: "linear" } },
      vary: { key: "schedules.beta1.end_factor", values: [1, 0.5] },
    });
    expect([0, 1].map((m) => others.at(m, 20).beta1)).toEqual([0.9, 0.9 * 0.75]);
  });

  test("on a plateau each member listens to its own figures, from the end of the warm-up on", () => {
    const recipe: RecipeInput = {
      optimizer: momentum,
      schedule: { name: "reduce_on_plateau", patience: 0, factor: 0.5, warmup: 4 },
      population: 2,
    };
    const hypers = hypersOf(recipe);
    const lr = () => [0, 1].map((m) => hypers.at(m, 20).lr);
    hypers.observe([evaluation(4, 0, 0.1), evaluation(4, 1, 0.1)]); // within the warm-up
    hypers.observe([evaluation(8, 0, 1), evaluation(8, 1, 1)]);
    expect(lr()).toEqual([0.1, 0.1]);
    hypers.observe([evaluation(12, 0, 0.9), evaluation(12, 1, 1)]);
    expect(lr()).toEqual([0.1, 0.05]);
    expect(hypers.at(1, 0).lr).toBe(0.05 / 4);
    hypers.observe([evaluation(16, 0, Number.NaN), evaluation(16, 1, 0.5)]);
    expect(lr()).toEqual([0.05, 0.05]);

    const resumed = hypersOf(recipe);
    resumed.restore(hypers.states() ?? []);
    expect(resumed.states()).toEqual(hypers.states());
    expect(resumed.at(0, 20)).toEqual(hypers.at(0, 20));
  });
});
