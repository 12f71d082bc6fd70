import { expect, test } from "vitest";
import { subgroupTiling } from "../../src/gpu/subgroupTiling.ts";
import { plainTiling } from "../../src/gpu/tiling.ts";
import {
  choiceOf,
  classOf,
  composeTiling,
  familyOf,
  missingFamilies,
  type Product,
  tilingChoiceSchema,
} from "../../src/gpu/tilingChoice.ts";

const SIZE = { k: 784, n: 128, rows: 100, input: "u8", accumulates: false } as const;
const subgroup = subgroupTiling(4);
const families = [subgroup, plainTiling];

test("a class names all that a choice may depend on", () => {
  expect(classOf({ op: "forward", ...SIZE })).toBe("forward 784x128 rows 100 u8");
  expect(classOf({ op: "backwardInput", ...SIZE, input: "f32" })).toBe("input gradient 784x128 rows 100 f32");
  expect(classOf({ op: "backwardWeights", ...SIZE })).toBe("weight gradient 784x128 rows 100 u8");
  const variants: Product[] = (["forward", "backwardInput", "backwardWeights"] as const).flatMap((op) => [
    { op, ...SIZE },
    { op, ...SIZE, k: 783 },
    { op, ...SIZE, n: 127 },
    { op, ...SIZE, rows: 99 },
    { op, ...SIZE, input: "f32" },
  ]);
  expect(new Set(variants.map(classOf)).size).toBe(variants.length);
  // Whether gradients add up matters to them alone.
  const chunked = { ...SIZE, accumulates: true };
  expect(classOf({ op: "backwardWeights", ...chunked })).not.toBe(classOf({ op: "backwardWeights", ...SIZE }));
  expect(classOf({ op: "forward", ...chunked })).toBe(classOf({ op: "forward", ...SIZE }));
});

test("a composed tiling takes each product's kernel from its family, the rest from the base", () => {
  const other = { ...SIZE, k: 128, n: 64, input: "f32" } as const;
  const kernels = { [classOf({ op: "forward", ...SIZE })]: "plain" };
  const choice = { version: 1, base: "subgroup-4", fuses_gather: true, kernels } as const;
  const tiling = composeTiling(choice, families);
  expect(tiling.name).toBe("subgroup-4+plain");
  expect(tiling.forward(SIZE)).toEqual(plainTiling.forward(SIZE));
  expect(tiling.forward(other)).toEqual(subgroup.forward(other));
  expect(tiling.backwardWeights(SIZE)).toEqual(subgroup.backwardWeights(SIZE));
  expect(tiling.backwardInput(other)).toEqual(subgroup.backwardInput(other));
  expect([tiling.fusesGather, tiling.updateQuads]).toEqual([true, subgroup.updateQuads]);
  expect(familyOf(choice, { op: "forward", ...SIZE })).toBe("plain");
  expect(familyOf(choice, { op: "forward", ...other })).toBe("subgroup-4");
  // It goes through a checkpoint's JSON and comes back the same.
  const again = tilingChoiceSchema.parse(JSON.parse(JSON.stringify(choiceOf(tiling))));
  expect(again).toEqual(choice);
  expect(composeTiling(again, families).name).toBe(tiling.name);
});

test("a choice of one family is that family; another way to gather shows in the name", () => {
  for (const family of families) expect(composeTiling(choiceOf(family), families)).toBe(family);
  const apart = composeTiling({ ...choiceOf(subgroup), fuses_gather: false }, families);
  expect([apart.name, apart.fusesGather]).toEqual(["subgroup-4, gather apart", false]);
});

test("families that are not there are named", () => {
  const choice = { ...choiceOf(plainTiling), kernels: { [classOf({ op: "forward", ...SIZE })]: "subgroup-8" } };
  expect(missingFamilies(choice, families)).toEqual(["subgroup-8"]);
  expect(() => composeTiling(choice, families)).toThrow('this adapter has no kernels of the family "subgroup-8"');
});
