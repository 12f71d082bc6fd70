import { expect, test } from "vitest";
import { expandMembers } from "../../src/train/members.ts";
import { parseRecipe, RecipeError, type RecipeInput } from "../../src/train/recipe.ts";
import { varyKeys, varyName, varyRows, varyText } from "../../src/train/vary.ts";

const membersOf = (recipe: RecipeInput) => expandMembers(parseRecipe(recipe));

test("several settings that vary together: each member is the recipe alone with its values", () => {
  const base = { label_smoothing: 0.1, augment: { shift: 2 }, schedule: { name: "cosine" } } satisfies RecipeInput;
  const keys = ["lr", "seed", "label_smoothing", "augment.shift", "schedule.eta_min", "optimizer.beta1"];
  const values = [
    [0.1, 7, 0.2, 1, 0.01, 0.5],
    [0.2, 3, 0.3, 3, 0.02, 0.6],
  ];
  const alone = values.map(([lr = 0, seed = 0, label_smoothing = 0, shift = 0, eta_min = 0, beta1 = 0]) => {
    const optimizer = { name: "adam", lr, beta1 };
    const own = { optimizer, seed, label_smoothing, augment: { shift }, schedule: { name: "cosine", eta_min } };
    return membersOf({ ...base, ...own })[0];
  });
  expect(membersOf({ ...base, vary: { keys, values } })).toEqual(alone);
});

test("one setting in either form is the same", () => {
  const rows = { vary: { keys: ["lr"], values: [[0.1], [0.2]] } };
  const plain = { vary: { key: "lr", values: [0.1, 0.2] } };
  expect(membersOf(rows)).toEqual(membersOf(plain));
  for (const recipe of [rows, plain]) {
    const { vary } = parseRecipe(recipe);
    if (!vary) throw new Error("no vary");
    expect([varyKeys(vary), varyRows(vary), varyName(vary), varyText(vary, 1)]).toEqual([
      ["lr"],
      [[0.1], [0.2]],
      "lr",
      "0.2",
    ]);
  }
  const { vary } = parseRecipe({ vary: { keys: ["lr", "beta1"], values: [[0.1, 0.5]] } });
  expect(vary && [varyName(vary), varyText(vary, 0)]).toEqual(["lr, beta1", "0.1, 0.5"]);
});

test.each<[unknown, string]>([
  [{ values: [1] }, "vary.key: is missing"],
  [{ key: "lr", keys: ["lr"], values: [[1]] }, "vary.keys: key and keys exclude each other"],
  [{ keys: [], values: [[]] }, "vary.keys: must not be empty"],
  [{ keys: ["lr", "lr"], values: [[1, 2]] }, 'vary.keys: "lr" is given twice'],
  [{ keys: ["lr", "beta1"], values: [[1]] }, "vary.values.0: must be a list of 2 values, one for each of keys"],
  [{ keys: ["lr"], values: [1] }, "vary.values.0: must be a list of 1 values"],
  [{ key: "lr", values: [[1]] }, "vary.values.0: must be a number, true or false, or a text"],
  [{ keys: ["lr", "optimizer.lr"], values: [[1, 2]] }, "names a setting twice"],
  [{ keys: ["lr", "batch_size"], values: [[1, 2]] }, "vary: batch_size is the same for all members"],
  [{ keys: ["lr", "beta3"], values: [[1, 2]] }, 'vary: unknown setting "beta3"'],
  [{ keys: ["lr", "beta1"], values: [[1, 2]] }, "vary: optimizer.beta1: must be at least 0 and below 1"],
  [
    {
      keys: ["lr", "dropout"],
      values: [
        [1, 0],
        [1, 0.5],
      ],
    },
    "vary: the values of optimizer.lr, dropout switch it off",
  ],
])("%j is refused: %s", (vary, part) => {
  const refusal = () => membersOf({ vary } as RecipeInput);
  expect(refusal).toThrow(RecipeError);
  expect(refusal).toThrow(part);
});
