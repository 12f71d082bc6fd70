import { expect, test } from "vitest";
import { z } from "zod";
import { describeHyper, describeOptimizer, parseHeader } from "../../src/optim/describe.ts";
import { optimizers } from "../../src/optim/registry.ts";

test("a header's parts", () => {
  const header =
    "// Name: what\n// it is.\n//   a <- b\n//   c <- d,\n// Notes.\n// Source: Who 2000,\n// where.\n\n// no more";
  expect(parseHeader(header, "f.wgsl")).toEqual({
    about: "Name: what it is.",
    formula: ["a <- b", "c <- d,"],
    note: "Notes.",
    source: "Who 2000, where.",
  });
});

test.each(["", "// Name.\n// Source: Who 2000.", "//   a <- b\n", "// Source: Who 2000.\n//   a <- b\n"])(
  "a header without formula or source is a named error: %j",
  (code) => {
    expect(() => parseHeader(code, "f.wgsl")).toThrow("f.wgsl: its header must give the formula");
  },
);

test("ranges in words", () => {
  const schema = z.strictObject({
    any: z.number().min(0).default(1),
    positive: z.number().positive().default(1),
    rate: z.number().min(0).lt(1).default(0.5),
    inside: z.number().positive().lt(1).default(0.5),
    share: z.number().min(0).max(1).default(0),
    flag: z.boolean().default(false).describe("a flag"),
  });
  expect(describeHyper(schema).map(({ range }) => range)).toEqual([
    "0 or more",
    "above 0",
    "0 to below 1",
    "above 0, below 1",
    "0 to 1",
    "true or false",
  ]);
  expect(describeHyper(schema).at(-1)).toMatchObject({ name: "flag", default: false, description: "a flag" });
});

test.each(optimizers)("$name: all of it is there", (optimizer) => {
  const { about, formula, source, hyper } = describeOptimizer(optimizer);
  expect(about).toMatch(/^[A-Z].*\.$/);
  expect(formula.some((line) => line.startsWith("x <- "))).toBe(true);
  expect(source).toMatch(/\b(19|20)\d\d\b.*\.$/);
  expect(Object.fromEntries(hyper.map((one) => [one.name, one.default]))).toEqual(optimizer.hyper.parse({}));
  for (const { range, description } of hyper) expect([range, description]).not.toContain("");
});
