import { expect, test } from "vitest";
import { subgroupTiling } from "../../src/gpu/subgroupTiling.ts";
import { plainTiling } from "../../src/gpu/tiling.ts";
import { expandMembers } from "../../src/train/members.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe, type RecipeInput } from "../../src/train/recipe.ts";

const MNIST = { trainCount: 60000, testCount: 10000, inputs: 784, width: 28, rowBytes: 784, classes: 10 };

test("what is left out of it is 0", () => {
  expect(parseRecipe({ augment: { rotate: 12 } }).augment).toEqual({
    shift: 0,
    rotate: 12,
    scale: 0,
    shear: 0,
    elastic: 0,
    elastic_sigma: 4,
    noise: 0,
    erase: 0,
  });
  expect(parseRecipe({}).augment).toBeUndefined();
});

test.each<[unknown, string]>([
  [{ rotat: 1 }, 'augment: unknown field "rotat" (did you mean "rotate"?); allowed: shift, rotate, scale'],
  [{ shift: -1 }, "augment.shift: must be at least 0, got -1"],
  [{ rotate: 181 }, "augment.rotate: must be at most 180, got 181"],
  [{ scale: 1 }, "augment.scale: must be at least 0 and below 1, got 1"],
  [{ elastic_sigma: 0.5 }, "augment.elastic_sigma: must be at least 1, got 0.5"],
  [{ erase: 1.5 }, "augment.erase: must be at most 1, got 1.5"],
  [{ noise: "much" }, 'augment.noise: must be a number, got "much"'],
  ["rotate", 'augment: must be an object with fields, got "rotate"'],
])("%j is refused", (augment, message) => {
  expect(() => parseRecipe({ augment })).toThrow(message);
});

test("members may differ in amounts, but not in kinds, nor in what they share", () => {
  const membersOf = (key: string, values: number[], augment: RecipeInput["augment"] = { rotate: 1 }) =>
    expandMembers(parseRecipe({ augment, vary: { key, values } }));
  expect(membersOf("augment.rotate", [5, 90]).map(({ augment }) => augment?.rotate)).toEqual([5, 90]);
  // Rotation of 0 is still an affine map where something else is.
  expect(membersOf("augment.rotate", [0, 90], { shift: 1 })).toHaveLength(2);
  expect(() => membersOf("augment.rotate", [0, 90])).toThrow(
    "vary: the values of augment.rotate switch it off for some members",
  );
  expect(() => membersOf("augment.elastic_sigma", [3, 4])).toThrow(
    "vary: augment.elastic_sigma is the same for all members of a population",
  );
  expect(() => membersOf("augment.rotat", [3, 4])).toThrow('unknown setting "augment.rotat" (did you mean');
  expect(() => membersOf("augment.erase", [0.5, 2])).toThrow("vary: augment.erase: must be at most 1, got 2");
});

test("a plan gathers training samples by its kernel, and test samples as ever", () => {
  for (const tiling of [plainTiling, subgroupTiling(4)]) {
    const plan = makePlan(parseRecipe({ augment: { rotate: 12 }, population: 2 }), MNIST, tiling);
    expect(plan.stages.chunk[0]).toMatchObject({
      label: "gather augmented",
      kernel: { constants: { AFFINE: true, ELASTIC: false, NOISE: false, ERASE: false } },
    });
    const inputs = plan.stages.chunk.filter(({ label }) => /^fc1 (forward|backward weights)/.test(label));
    expect(inputs.map(({ buffers }) => buffers.x)).toEqual(["x", "x"]);
    const { stages } = makePlan(parseRecipe({ population: 2 }), MNIST, tiling);
    expect(plan.stages.evaluate).toEqual(stages.evaluate);
    expect(plan.buffers.augment?.bytes).toBe(2 * 7 * 4);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  }
});

test("what is no image, and displacements too fine, are refused", () => {
  const { width: _, ...flat } = MNIST;
  const planOf = (augment: RecipeInput["augment"], data: Parameters<typeof makePlan>[1]) =>
    makePlan(parseRecipe({ augment }), data, plainTiling);
  expect(() => planOf({ rotate: 1 }, flat)).toThrow("augment: changes images, and these samples are none");
  const large = { ...MNIST, inputs: 64 * 64, width: 64, rowBytes: 64 * 64 };
  expect(() => planOf({ elastic: 1, elastic_sigma: 1 }, large)).toThrow(
    "augment.elastic_sigma: 1 takes 4305 points for images of 64x64, and a workgroup holds 2048: use a larger one",
  );
  expect(() => planOf({ elastic: 1 }, large)).not.toThrow();
});
