import { expect, test } from "vitest";
import { findOptimizer, optimizers } from "../../src/optim/registry.ts";
import { schedules } from "../../src/optim/schedules/registry.ts";
import { recipeFields } from "../../src/train/fields.ts";
import { type Field, fieldsOf, RECIPE_FIELDS, readField, recipeField, writeField } from "../../src/web/fields.ts";

const named = (fields: readonly Field[], name: string) => fields.find((field) => field.name === name) as Field;

test("an optimizer's form has its hyper-parameters with ranges and help", () => {
  const fields = fieldsOf(findOptimizer("adam")?.hyper);
  expect(fields.map(({ name }) => name)).toEqual(["lr", "beta1", "beta2", "weight_decay", "eps", "eps_root"]);
  expect(named(fields, "beta1")).toEqual({
    name: "beta1",
    kind: "number",
    help: "decay rate of the average of gradients",
    range: "0 to below 1",
    required: false,
    default: 0.9,
    min: 0,
    max: 1,
  });
});

test.each([
  ...optimizers.map(({ name, hyper }) => ({ name, schema: hyper })),
  ...schedules.map(({ name, parameters }) => ({ name, schema: parameters })),
])("every setting of $name has help and a kind", ({ schema }) => {
  for (const { name, help, kind } of fieldsOf(schema)) {
    expect(help, name).not.toBe("");
    expect(kind, name).not.toBe("group");
  }
});

test("a recipe's own fields, groups among them", () => {
  expect(RECIPE_FIELDS.map(({ name }) => name)).toEqual(recipeFields);
  expect(recipeField("hidden").kind).toBe("numbers");
  expect(recipeField("activation").choices).toContain("relu");
  expect(recipeField("augment").fields?.map(({ name }) => name)).toContain("rotate");
});

test("what is typed and what is shown", () => {
  const number = named(fieldsOf(findOptimizer("adam")?.hyper), "lr");
  expect(readField(number, " 1e-3 ")).toBe(0.001);
  expect(readField(number, "")).toBeUndefined();
  expect(readField(number, "fast")).toBe("fast"); // for the recipe's check to refuse
  expect(readField(recipeField("hidden"), "128, 64;32")).toEqual([128, 64, 32]);
  expect([0, 0.001, 1e-8, [1, 2], "full", undefined].map(writeField)).toEqual([
    "0",
    "0.001",
    "1e-8",
    "1, 2",
    "full",
    "",
  ]);
});
