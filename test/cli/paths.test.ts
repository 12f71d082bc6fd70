import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSvg } from "../lab/svg.ts";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder(10, 10);
const FEW = ["paths", "--optimizers", "adam,sgd", "--functions", "saddle", "--steps", "5"];

test("draws the optimizers that it is asked for, and prints where each ends", async () => {
  const { code, stdout, stderr } = await downhill(folder, ...FEW);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^adapter +\S.*^sgd +[\d.e-]+ at lr [\d.]+$.*^adam +[\d.e-]+ at lr [\d.]+$/ms);
  expect(stdout).toContain("\npicture in paths.svg\n");
  const elements = parseSvg(readFileSync(join(folder, "paths.svg"), "utf8"));
  expect(elements.filter(({ attributes }) => attributes.class === "path")).toHaveLength(2);
});

test("--json is one line with every place", async () => {
  const { code, stdout, stderr } = await downhill(folder, ...FEW, "--json", "--out", "other.svg");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.indexOf("\n")).toBe(stdout.length - 1);
  const { adapter, steps, grid, paths } = JSON.parse(stdout);
  expect(adapter.name).not.toBe("");
  expect(steps).toBe(5);
  expect(paths).toMatchObject([
    { function: "saddle", optimizer: "sgd", points: { length: 6 }, value: expect.any(Number) },
    { function: "saddle", optimizer: "adam", points: { length: 6 }, value: expect.any(Number) },
  ]);
  for (const { lr } of paths) expect(grid).toContain(lr);
  expect(readFileSync(join(folder, "other.svg"), "utf8")).toMatch(/^<svg /);
});

describe("what cannot be done is refused", () => {
  test.concurrent.each<[string, number, string]>([
    ["--functions banana", 2, '--functions banana: nothing is named "banana"; there is rosenbrock, beale, saddle'],
    [
      "--optimizers adan,adom",
      2,
      '--optimizers adan,adom: nothing is named "adom" (did you mean "adam"?); there is sgd,',
    ],
    ["--steps 0", 2, '--steps 0: "0" must be a whole number, 1 or more; see downhill paths --help'],
    ["--out paths.png", 2, "--out paths.png: its name must end in .svg; see downhill paths --help"],
    ["--out no/paths.svg", 1, "--out no/paths.svg: there is no folder no; make it first"],
  ])("%s", async (line, code, expected) => {
    const finished = await downhill(folder, "paths", ...line.split(" "));
    expect(finished).toMatchObject({ code, stdout: "" });
    expect(finished.stderr).toContain(`downhill: ${expected}`);
  });
});
