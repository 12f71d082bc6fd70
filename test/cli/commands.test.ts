import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldenPath } from "../reference/files.ts";
import { optimizerCases } from "../reference/golden.ts";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder();
const COMMANDS = [
  "train",
  "evaluate",
  "verify",
  "inspect",
  "list",
  "bench",
  "lr-range",
  "sweep",
  "paths",
  "augment",
  "adapters",
];

describe("help", () => {
  test("lists the commands", async () => {
    const { code, stdout, stderr } = await downhill(folder, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
  });

  test.concurrent.each(COMMANDS)("of %s has examples", async (command) => {
    const { code, stdout, stderr } = await downhill(folder, command, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^Usage: downhill ${command} `));
    expect(stdout).toMatch(new RegExp(`^Examples?:\\n  downhill (${COMMANDS.join("|")})`, "m"));
  });

  test("is what a call without a command gets, as an error", async () => {
    const { code, stdout, stderr } = await downhill(folder);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: downhill /);
  });
});

test("evaluate gives a run's own results again, from its folder or its checkpoint", async () => {
  const recipe = ["--data", "data", "--hidden", "16", "--batch-size", "50", "--steps", "12", "--population", "2"];
  const trained = await downhill(folder, "train", ...recipe, "--out", "run", "--json");
  const { models } = JSON.parse(trained.stdout) as { models: { test_loss: number; test_accuracy: number }[] };
  const [lines, json] = await Promise.all([
    downhill(folder, "evaluate", "run/"),
    downhill(folder, "evaluate", "run/checkpoint.safetensors", "--data", "data", "--json"),
  ]);
  expect(json).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(json.stdout)).toMatchObject({
    adapter: { name: expect.any(String) },
    data: "data",
    models: models.map(({ test_loss, test_accuracy }) => ({ test_loss, test_accuracy })),
  });
  expect(lines).toMatchObject({ code: 0, stderr: "" });
  models.forEach(({ test_accuracy }, m) => {
    expect(lines.stdout).toContain(`member ${m}: test accuracy ${(100 * test_accuracy).toFixed(2)} %`);
  });
});

test("evaluate takes parameters from elsewhere, here on MNIST", async () => {
  const { code, stdout } = await downhill(
    folder,
    "evaluate",
    goldenPath("mlp/init.safetensors"),
    "--data",
    "mnist",
    "--json",
  );
  expect(code).toBe(0);
  const { models } = JSON.parse(stdout) as { models: { test_loss: number }[] };
  // Ten classes, nothing learnt.
  expect(models[0]?.test_loss).toBeCloseTo(Math.log(10), 1);
});

describe("verify", () => {
  test("prints each case's id and largest error and ends with 0", async () => {
    const { code, stdout, stderr } = await downhill(folder, "verify", goldenPath("optimizers.json"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { id } of optimizerCases) {
      const line = stdout.split("\n").find((found) => found.startsWith(`${id} `));
      expect(line).toMatch(/ largest error \d\.\d\de-\d+ \(.+\) {2}ok$/);
    }
    expect(stdout).toMatch(/^19 within the bound, 0 failed$/m);
  });

  test("catches a tampered case and ends with 1", async () => {
    const { cases } = JSON.parse(readFileSync(goldenPath("optimizers.json"), "utf8")) as {
      cases: { id: string; params_after: Record<string, number[]> }[];
    };
    const tampered = cases.filter(({ id }) => id === "sgd" || id === "adam");
    const values = Object.values(tampered[1]?.params_after ?? {}).at(-1) as number[];
    values[3] = (values[3] as number) + 1e-4;
    writeFileSync(join(folder, "tampered.json"), JSON.stringify({ cases: tampered }));
    const { code, stdout } = await downhill(folder, "verify", "tampered.json");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^sgd {3}largest error .* ok$/m);
    expect(stdout).toMatch(
      /^adam {2}largest error 1\.00e-4 \(params after \d+, element 3\) {2}FAILED: .* times the bound$/m,
    );
    expect(stdout).toMatch(/^1 within the bound, 1 failed$/m);
  });

  test("fails a case that cannot run, and says why", async () => {
    const [golden] = optimizerCases;
    const cases = [golden, { ...golden, id: "typo", optimizer: { name: "adma", lr: 0.1 } }];
    writeFileSync(join(folder, "typo.json"), JSON.stringify({ cases }));
    const { code, stdout } = await downhill(folder, "verify", "typo.json");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^typo {2}FAILED: there is no optimizer "adma"; there is sgd, momentum, .*\w$/m);
    expect(stdout).toMatch(/^1 within the bound, 1 failed$/m);
  });
});

describe("inspect", () => {
  test("shows buffers, bytes and dispatches a step", async () => {
    const { code, stdout, stderr } = await downhill(
      folder,
      "inspect",
      "--data",
      "data",
      "--hidden",
      "16,8",
      "--population",
      "3",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^network +784-16-8-10 relu, 12786 parameters, 3 members$/m);
    expect(stdout).toMatch(/^optimizer +adam lr=0\.001 .*; state: exp_avg, exp_avg_sq$/m);
    expect(stdout).toMatch(/^dispatches +\d+ a step$/m);
    expect(stdout).toMatch(/^ {2}params +[\d.]+ KiB +parameters, f32 \[P=3, /m);
    expect(stdout).toMatch(/^ {2}fc1 forward .*shaders\/nn\//m);
  });

  test("gives the plan as JSON, and says where it does not fit the adapter", async () => {
    const wide = ["inspect", "--data", "data", "--hidden", "65536,65536", "--json"];
    const { code, stdout, stderr } = await downhill(folder, ...wide);
    expect(code).toBe(0);
    expect(Object.keys((JSON.parse(stdout) as { stages: object }).stages)).toContain("update");
    expect(stderr).toMatch(
      /^this adapter cannot run it: buffer "params" .* use a smaller population, hidden layer, or batch\n$/,
    );
  });
});

describe("adapters", () => {
  test("are listed with limits and features, and which one auto takes", async () => {
    const [lines, json] = await Promise.all([downhill(folder, "adapters"), downhill(folder, "adapters", "--json")]);
    expect([lines.code, lines.stderr, json.code, json.stderr]).toEqual([0, "", 0, ""]);
    const found = JSON.parse(json.stdout) as { auto: boolean; name: string; limits: Record<string, number> }[];
    expect(found.filter(({ auto }) => auto)).toHaveLength(1);
    for (const { name, limits, auto } of found) {
      expect(lines.stdout).toContain(`${auto ? "* " : "  "}${name}${auto ? "   <- auto" : ""}\n`);
      expect(lines.stdout).toContain(`maxBufferSize ${limits.maxBufferSize}`);
    }
  });
});
