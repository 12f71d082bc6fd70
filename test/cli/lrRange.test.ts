import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseSvg } from "../lab/svg.ts";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder(260, 60);
const RECIPE = ["--data", "data", "--hidden", "8", "--batch-size", "40", "--optimizer", "momentum", "--steps", "100"];

test("prints a curve and a suggestion, draws them, and tells the same as JSON", async () => {
  const shared = ["lr-range", ...RECIPE, "--from", "1e-5", "--to", "100"];
  const [plain, json] = await Promise.all([
    downhill(folder, ...shared, "--figure", "range.svg"),
    downhill(folder, ...shared, "--json"),
  ]);
  expect([plain.code, plain.stderr, json.code, json.stderr]).toEqual([0, "", 0, ""]);
  const { points, suggestion, steepest, tenth, minimum, exploded, recipe } = JSON.parse(json.stdout);
  expect([exploded, recipe.steps, points[0].lr]).toEqual([true, 100, 1e-5]);
  expect(suggestion).toBe(steepest);
  expect(tenth).toBeCloseTo(minimum.lr / 10, 12);
  const two = (lr: number) => Number(lr.toPrecision(2));
  const told = /suggested: --optimizer momentum:lr=(\S+) /.exec(plain.stdout)?.[1];
  expect(Number(told)).toBe(two(suggestion));
  expect(plain.stdout).toMatch(/[⠁-⣿]/);
  const texts = parseSvg(readFileSync(join(folder, "range.svg"), "utf8")).map(({ text }) => text);
  expect(texts).toContain("learning rate (log scale)");
  expect(texts).toContain("steepest fall");
  expect(texts.some((text) => text.endsWith(", suggested"))).toBe(true);
});

test.concurrent.each<[string, string]>([
  ["--optimizer prodigy", "optimizer: prodigy finds its learning rate itself"],
  ["--from 1 --to 0.1", "the rate must climb"],
  ["--steps 5", "needs at least 20 steps"],
  ["--figure range.png", "its name must end in .svg"],
])("%s is refused", async (flags, part) => {
  const { code, stdout, stderr } = await downhill(folder, "lr-range", "--data", "data", ...flags.split(" "));
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(part);
});
