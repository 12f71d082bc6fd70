import { describe, expect, test } from "vitest";
import { subgroupTiling } from "../../src/gpu/subgroupTiling.ts";
import { plainTiling, type Tiling } from "../../src/gpu/tiling.ts";
import { makePlan, type Plan, type Stage } from "../../src/train/plan.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";

const MNIST = { trainCount: 60000, testCount: 10000, inputs: 784, rowBytes: 784, classes: 10 };
const FUSED = subgroupTiling(4);
const TABLE = {
  ...{ trainCount: 1600, testCount: 400, inputs: 10, rowBytes: 48, classes: 3 },
  ...({ targets: "values", features: "f32" } as const),
};
const table = { data: "t.csv", target: ["a", "b", "c"], loss: "mse" } satisfies RecipeInput;

const planOf = (recipe: RecipeInput, tiling: Tiling = FUSED) => makePlan(parseRecipe(recipe), MNIST, tiling);
const filesOf = (plan: Plan, stage: Stage) =>
  plan.stages[stage].flatMap(({ kernel }) => [...kernel.uses, kernel.shader]);

describe("a loss's plan", () => {
  test("is the fused tail for cross-entropy, and its own kernel for others, in evaluation too", () => {
    for (const stage of ["chunk", "evaluate"] as const) {
      expect(filesOf(planOf({}), stage)).toContain("nn/tail_subgroup.wgsl");
      for (const loss of ["mse", "hinge", "focal"]) {
        const files = filesOf(planOf({ loss }), stage);
        expect(files).not.toContain("nn/tail_subgroup.wgsl");
        expect(files).toEqual(expect.arrayContaining(["loss/loss.wgsl", `loss/${loss}.wgsl`, "loss/classes.wgsl"]));
      }
    }
  });

  test("sends members' parameters only where the loss has some", () => {
    expect(planOf({ loss: "mse" }).buffers.population).toBeUndefined();
    for (const loss of ["hinge", "focal"]) expect(planOf({ loss }).buffers.population).toBeDefined();
    const { members } = planOf({ loss: "hinge", vary: { key: "loss.margin", values: [1, 2] } });
    expect(members.map(({ loss }) => loss)).toEqual([1, 2].map((margin) => ({ name: "hinge", margin })));
  });

  test.each([plainTiling, FUSED])("on a table gathers floats ($name)", (tiling) => {
    const plan = makePlan(parseRecipe(table), TABLE, tiling);
    const { buffers, stages } = plan;
    expect(stages.chunk[0]?.kernel.shader).toBe("data/gather_f32.wgsl");
    expect(filesOf(plan, "chunk")).not.toContain("lib/input_u8.wgsl");
    expect(filesOf(plan, "evaluate")).toContain("loss/values.wgsl");
    expect(buffers.train_images).toMatchObject({ bytes: 1600 * 48, what: "f32 [1600, 10]" });
    expect(buffers.test_labels).toMatchObject({ bytes: 400 * 16, what: "targets, f32 [400, 3]" });
    expect(buffers.x?.bytes).toBe(4 * 100 * 12);
    const used = Object.values(stages).flatMap((all) => all.flatMap((dispatch) => Object.values(dispatch.buffers)));
    expect(new Set([...used, "step"])).toEqual(new Set(Object.keys(buffers)));
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test("of values or classes must be one of the data's", () => {
    const make = (recipe: RecipeInput) => () => makePlan(parseRecipe({ ...table, ...recipe }), TABLE, FUSED);
    expect(make({ target: "a", loss: "focal" })).toThrow(RecipeError);
    expect(make({ target: "a", loss: "focal" })).toThrow(
      "loss: focal is one of classes, and the data have values: take mse",
    );
    expect(make({})).not.toThrow();
  });
});

test.each<[RecipeInput, string]>([
  [{ loss: "hing" }, 'loss.name: must be one of cross_entropy, mse, hinge, focal, got "hing" (did you mean "hinge"?)'],
  [
    { loss: { name: "focal", gama: 1 } } as RecipeInput,
    'loss: unknown field "gama" (did you mean "gamma"?); allowed: gamma',
  ],
  [{ loss: { name: "focal", gamma: -1 } }, "loss.gamma: must be at least 0, got -1"],
  [{ loss: { name: "hinge", margin: 0 } }, "loss.margin: must be above 0, got 0"],
  [
    { loss: "focal", label_smoothing: 0.1 },
    "label_smoothing: smooths the targets of cross_entropy, and the loss is focal",
  ],
  [
    { loss: "hinge", label_smoothing: 0.1 },
    "label_smoothing: smooths the targets of cross_entropy, and the loss is hinge",
  ],
  [{ loss: "mse", label_smoothing: 0.1 }, "label_smoothing: smooths the targets of cross_entropy, and the loss is mse"],
  [
    { target: "y" },
    "target: is about a table, and the data are mnist: leave it out, or give a file whose name ends in .csv",
  ],
  [{ test_split: 0.1 }, "test_split: is about a table"],
  [{ data_seed: 1 }, "data_seed: is about a table"],
  [{ data: "a.csv" }, "target: is missing: name the column of a.csv that is to be told from the others"],
  [{ data: "a.csv", target: ["y", "z"] }, "target: cross_entropy tells the classes of one column, and there are 2"],
  [{ data: "a.csv", target: ["y", "y"], loss: "mse" }, 'target: "y" is given twice'],
  [{ data: "a.csv", target: "y", test_split: 0 }, "test_split: must be above 0, got 0"],
  [{ data: "a.csv", target: "y", test_split: 1.5 }, "test_split: must be a share below 1 or a whole number of rows"],
])("%j is refused", (recipe, message) => {
  expect(() => parseRecipe(recipe)).toThrow(message);
});

test("vary takes a loss's parameter, and not its name", () => {
  const make = (key: string) => () => planOf({ loss: "focal", vary: { key, values: [1, 2] } });
  expect(make("loss.gamma")).not.toThrow();
  expect(make("loss.name")).toThrow('vary: unknown setting "loss.name"');
  expect(make("loss.margin")).toThrow('vary: unknown setting "loss.margin"');
  expect(make("loss")).toThrow("vary: loss is the same for all members of a population");
});

test("a recipe with a loss and a table reads back as itself", () => {
  const recipe = parseRecipe({ data: "a.CSV", target: "y", loss: "mse", test_split: 50, data_seed: 3 });
  expect(recipe).toMatchObject({ target: ["y"], loss: { name: "mse" }, test_split: 50, data_seed: 3 });
  expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
});
