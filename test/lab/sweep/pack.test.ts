import { expect, test } from "vitest";
import type { Leg } from "../../../src/lab/sweep/halving.ts";
import { packLegs } from "../../../src/lab/sweep/pack.ts";
import { settingsOf } from "../../../src/lab/sweep/space.ts";
import type { TrialRecord } from "../../../src/lab/sweep/trials.ts";
import { parseAxis } from "../../../src/lab/sweep/values.ts";
import { expandMembers } from "../../../src/train/members.ts";
import { parseRecipe, type RecipeInput } from "../../../src/train/recipe.ts";

function packed(vary: readonly string[], given: RecipeInput = {}, capacity = 1000, records = new Map()) {
  const settings = settingsOf({ base: parseRecipe({ validation: 10, ...given }), axes: vary.map(parseAxis) });
  const legs = settings
    .flatMap(({ values, recipes }, setting) => recipes.map((recipe) => ({ values, setting, recipe })))
    .map((trial, i): Leg => ({ trial: { key: `${i}`, ...trial }, until: 1 }));
  const groups = packLegs(legs, Object.keys(settings[0]?.values ?? {}), records, () => capacity);
  // Whatever the packing: every leg once, and each member is its trial's recipe alone.
  expect(groups.flatMap((group) => group.legs.map(({ trial }) => trial.key)).sort()).toEqual(
    legs.map(({ trial }) => trial.key).sort(),
  );
  for (const group of groups) {
    expect(expandMembers(group.recipe)).toEqual(group.legs.map(({ trial }) => expandMembers(trial.recipe)[0]));
  }
  return groups.map((group) => group.legs.map(({ trial }) => Number(trial.key)));
}

test("what members may have to themselves is packed, the rest runs in turn", () => {
  expect(packed(["lr=1,2", "batch_size=10,20", "beta1=0.1,0.2"])).toEqual([
    [0, 1, 4, 5],
    [2, 3, 6, 7],
  ]);
  expect(packed(["optimizer=sgd,adam", "lr=1,2"])).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(packed(["hidden=[4],[8]", "lr=1,2"])).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test("values that switch a part off are apart", () => {
  expect(packed(["dropout=0,0.1,0.2", "lr=1,2"])).toEqual([
    [0, 1],
    [2, 3, 4, 5],
  ]);
  expect(packed(["clip_norm=null,1,2"])).toEqual([[0], [1, 2]]);
  expect(packed(["momentum=0,0.5,0.9"], { optimizer: { name: "rmsprop" } })).toEqual([[0], [1, 2]]);
});

test("seeds are members too", () => {
  expect(packed(["lr=1,2"], { population: 3 })).toEqual([[0, 1, 2, 3, 4, 5]]);
});

test("a population is as large as the device carries", () => {
  expect(packed(["lr=1,2,3,4,5"], {}, 2)).toEqual([[0, 1], [2, 3], [4]]);
});

test("trials at different steps are apart", () => {
  const at = (key: string, step: number): [string, TrialRecord] => [
    key,
    {
      ...{ key, recipe: {}, adapter: {}, version: "", kernels: "plain", evaluated: true },
      step,
      finished: false,
      evaluations: [],
      seconds: 0,
    },
  ];
  expect(packed(["lr=1,2,3,4"], {}, 9, new Map([at("1", 5), at("2", 6), at("3", 5)]))).toEqual([[0], [1, 3], [2]]);
});
