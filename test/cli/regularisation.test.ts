import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readShader } from "#platform";
import { regularisations } from "../../src/train/regularisations.ts";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder(200, 40);
const FLAGS = (
  "--l1 1e-4 --clip-value 0.5 --clip-norm 2 --gradient-noise eta=0.001 --max-norm 3 --mixup alpha=0.4 " +
  "--batch-size 20 --accumulate 3"
).split(" ");

test("its flags are fields of the recipe", async () => {
  const flags = ["--data", "data", "--hidden", "12,6", "--json", ...FLAGS, "--steps", "3", "--out", "run"];
  const trained = await downhill(folder, "train", ...flags);
  expect(trained).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(readFileSync(join(folder, "run", "recipe.json"), "utf8"))).toMatchObject({
    l1: 1e-4,
    clip_value: 0.5,
    clip_norm: 2,
    gradient_noise: { eta: 0.001, gamma: 0.55 },
    max_norm: 3,
    mixup: { alpha: 0.4 },
    batch_size: 20,
    accumulate: 3,
  });
  const inspected = await downhill(folder, "inspect", "--recipe", "run/recipe.json");
  expect(inspected.stdout).toMatch(/^steps +3 of 60 samples \(3 chunks of 20\), 4 an epoch/m);
});

test.concurrent.each<[string, string]>([
  ["--clip-value 0", "clip_value: must be above 0, got 0"],
  ["--gradient-noise eta", '"eta" must be key=value'],
  ["--gradient-noise etta=1", 'gradient_noise: unknown field "etta"'],
  ["--accumulate 2 --batch-size full", "accumulate: a batch is the whole training set already"],
  ["--accumulate 4", "accumulate: 4 batches of 100 are 400 samples, more than the 200 training samples"],
  ["--mixup alpha=1 --vary mixup.alfa=1,2", 'vary: unknown setting "mixup.alfa" (did you mean "mixup.alpha"?)'],
])("%s is bad usage", async (flags, message) => {
  const { code, stdout, stderr } = await downhill(folder, "train", "--data", "data", ...flags.split(" "));
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test.concurrent("list names each with formula and source, and the files that it names are there", async () => {
  const [listed, one] = await Promise.all([
    downhill(folder, "list", "regularisations"),
    downhill(folder, "list", "mixup", "--json"),
  ]);
  expect([listed.code, listed.stderr]).toEqual([0, ""]);
  const entries = listed.stdout.split("\n\n").slice(1);
  for (const [i, { name, summary, formula, source, shaders }] of regularisations.entries()) {
    expect(entries[i]?.startsWith(`${name}: ${summary}\n      ${formula[0]}\n`)).toBe(true);
    expect(entries[i]?.replace(/\s+/g, " ")).toContain(source);
    for (const shader of shaders) expect(readShader(shader)).toMatch(/^\/\/ /);
  }
  expect(JSON.parse(one.stdout)).toMatchObject({ name: "mixup", hyper: [{ name: "alpha", default: 0.2 }] });
});
