import fc from "fast-check";
import { expect, test } from "vitest";
import { optimizers } from "../../src/optim/registry.ts";
import { parseRecipe, type RecipeInput, recipeSchema } from "../../src/train/recipe.ts";
import { PRESETS } from "../../src/web/presets.ts";
import { labelOf, shorten } from "../../src/web/shorten.ts";
import { decodeSetting, encodeSetting } from "../../src/web/url.ts";

const linkOf = (...runs: unknown[]) =>
  `#${runs.map((run) => `run=${encodeURIComponent(JSON.stringify(run))}`).join("&")}`;

test.each(PRESETS)("the preset $name comes back from its link", ({ runs }) => {
  const link = encodeSetting({ runs, axis: "seconds", smoothing: 50 });
  const setting = decodeSetting(`#${link}`);
  expect(setting?.runs.map((run) => parseRecipe(run))).toEqual(runs.map((run) => parseRecipe(run)));
  expect(setting).toMatchObject({ axis: "seconds", smoothing: 50 });
});

test("any recipe comes back from its short form, and from a link", () => {
  const recipe = fc.record(
    {
      name: fc.string({ maxLength: 20 }),
      hidden: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 3 }),
      optimizer: fc.constantFrom(...optimizers.map(({ name }) => ({ name }))),
      augment: fc.record({ shift: fc.integer({ min: 0, max: 3 }), noise: fc.double({ min: 0, max: 1 }) }),
      init: fc.constantFrom("default", "zeros", { name: "constant", value: 0.5 }),
      dropout: fc.constantFrom(0, 0.5),
      schedule: fc.constantFrom({ name: "cosine" }, { name: "step", step_size: 3 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(recipe, (input) => {
      // Some do not go together, such as a schedule with an optimizer that reads its rate once.
      fc.pre(recipeSchema.safeParse(input).success);
      const parsed = parseRecipe(input as RecipeInput);
      expect(parseRecipe(shorten(parsed))).toEqual(parsed);
      const link = encodeSetting({ runs: [input as RecipeInput], axis: "steps", smoothing: 20 });
      // As a browser writes it into the address.
      const address = new URL(`http://localhost/#${link}`).hash;
      expect(parseRecipe(decodeSetting(address)?.runs[0])).toEqual(parsed);
    }),
    { numRuns: 30 },
  );
});

test("defaults are left out", () => {
  expect(shorten(parseRecipe({}))).toEqual({});
  expect(shorten(parseRecipe({ optimizer: { name: "adam", lr: 0.01 } }))).toEqual({
    optimizer: { name: "adam", lr: 0.01 },
  });
});

test.each([
  ["#run={", "run 1 of the link: no recipe in JSON"],
  ["#run=[1]", "run 1 of the link: no recipe in JSON"],
  ["#axis=steps", "the link names no run"],
  [linkOf({ optimizer: { name: "adma" } }), 'did you mean "adam"'],
  [linkOf({ data: "https://example.org/" }), "data: the page has mnist alone"],
  [linkOf({ hidden: Array(13).fill(8) }), "at most 12 layers"],
  [linkOf({ hidden: [5000] }), "at most 4096 wide"],
  [linkOf({ population: 65 }), "at most 64 members"],
  [linkOf({ __proto__: null, constructor: 1 }), 'unknown field "constructor"'],
  [linkOf({}, {}, {}, {}, {}, {}, {}), "at most 6"],
  [`${linkOf({})}&axis=moons`, "axis is not known"],
  [`${linkOf({})}&smooth=1e99`, "smoothing is not known"],
  [`#${"x".repeat(30_000)}`, "at most 20000"],
])("a link that is none is refused: %.40s", (hash, message) => {
  expect(() => decodeSetting(hash)).toThrow(message);
});

test("no setting in the address", () => {
  expect(decodeSetting("")).toBeUndefined();
  expect(decodeSetting("#")).toBeUndefined();
});

test("a run is called by its optimizer and by what sets it apart", () => {
  const recipes = [{ dropout: 0.2 }, {}, { optimizer: { name: "sgd", lr: 0.1 } }, { name: "mine" }].map((input) =>
    parseRecipe(input),
  );
  expect(recipes.map((recipe) => labelOf(recipe, recipes))).toEqual([
    "adam 0.001, dropout 0.2",
    "adam 0.001",
    "sgd 0.1",
    "mine",
  ]);
});
