import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TilingChoice } from "../../src/gpu/tilingChoice.ts";
import { readSafetensors } from "../reference/files.ts";
import { downhill, readLog, readMetadata, testFolder } from "./run.ts";

const folder = testFolder();
const inFolder = (name: string) => join(folder, name);
const RECIPE = ["--data", "data", "--hidden", "16", "--batch-size", "40"];
const PLAIN = ["train", ...RECIPE, "--tiling", "plain", "--log-every", "1"];

// Commands get a cache of their own: what they time here must not count for the user's runs, nor those for these.
const { XDG_CACHE_HOME } = process.env;
beforeAll(() => {
  process.env.XDG_CACHE_HOME = inFolder("cache");
});
afterAll(() => {
  if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
});

/** The kernels of a run's checkpoint. */
const kernelsOf = (run: string) =>
  JSON.parse(readMetadata(inFolder(`${run}/checkpoint.safetensors`)).kernels ?? "") as TilingChoice;

/** What a command plans, with these flags. */
async function planned(...flags: string[]): Promise<{ tiling: string; kernels: TilingChoice }> {
  const { code, stdout, stderr } = await downhill(folder, "inspect", ...RECIPE, ...flags, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

test("--tune times the kernels and keeps what it finds: for this run, its checkpoint and later runs", async () => {
  const tuned = await downhill(folder, "train", ...RECIPE, "--steps", "3", "--tune", "--out", "tuned", "--json");
  expect(tuned).toMatchObject({ code: 0, stderr: "" });
  const file = inFolder("cache/downhill/tuning.json");
  const { adapters } = JSON.parse(readFileSync(file, "utf8")) as { adapters: Record<string, object> };
  expect(Object.keys(Object.values(adapters)[0] ?? {})).toContain("forward 784x16 rows 40 f32");

  const later = await planned();
  expect(later.kernels).toEqual(kernelsOf("tuned"));
  expect(readLog(inFolder("tuned/log.jsonl"))[0]?.kernels).toBe(later.tiling);
  const fixed = await planned("--deterministic");
  expect(fixed.kernels.kernels).toEqual({});

  // What is damaged counts as nothing.
  writeFileSync(file, "{");
  const { adapter, kernels } = readLog(inFolder("tuned/log.jsonl"))[0] as {
    adapter: { kind: string };
    kernels: string;
  };
  if (adapter.kind === "software") expect((await planned()).tiling).toBe(fixed.tiling);
  else expect(kernels).not.toBe("");
});

test("--tiling pins a family; a resumed run and an evaluation take it from the checkpoint", async () => {
  const [whole, half] = await Promise.all([
    downhill(folder, ...PLAIN, "--steps", "6", "--out", "whole", "--json"),
    downhill(folder, ...PLAIN, "--steps", "3", "--out", "half", "--json"),
  ]);
  const resumed = await downhill(folder, "train", "--resume", "half", "--steps", "6", "--log-every", "1", "--json");
  for (const { code, stderr } of [whole, half, resumed]) expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const starts = readLog(inFolder("half/log.jsonl")).filter(({ event }) => event === "start");
  expect(starts.map(({ kernels }) => kernels)).toEqual(["plain", "plain"]);
  const [a, b] = ["whole", "half"].map((name) => readSafetensors(inFolder(`${name}/checkpoint.safetensors`)));
  expect(a).toEqual(b);

  const { stdout } = await downhill(folder, "evaluate", "whole", "--json");
  const results = ({ stdout }: { stdout: string }) => {
    const { models } = JSON.parse(stdout) as { models: { test_loss: number; test_accuracy: number }[] };
    return models.map(({ test_loss, test_accuracy }) => ({ test_loss, test_accuracy }));
  };
  expect(results({ stdout })).toEqual(results(whole));
});

test("a checkpoint of kernels that this adapter has not goes on with others, and says so", async () => {
  await downhill(folder, ...PLAIN, "--steps", "2", "--out", "foreign", "--json");
  const file = inFolder("foreign/checkpoint.safetensors");
  // The name of a family of the same length, so that the file's lengths stay true.
  writeFileSync(file, readFileSync(file, "latin1").replace('base\\":\\"plain', 'base\\":\\"other'), "latin1");
  const { code, stderr } = await downhill(folder, "train", "--resume", "foreign", "--steps", "4", "--json");
  expect(code).toBe(0);
  expect(stderr).toMatch(/^note: this adapter has no other kernels, which the run had: it goes on with \S+/);
  expect(kernelsOf("foreign").base).not.toBe("other");
});

test("inspect shows which family takes which product", async () => {
  const { stdout } = await downhill(folder, "inspect", ...RECIPE, "--tiling", "plain");
  expect(stdout).toMatch(/^adapter +.+, plain kernels$/m);
  expect(stdout).toMatch(/^ {2}forward 784x16 rows 40 f32 +plain$/m);
  expect(stdout).toMatch(/^ {2}weight gradient 16x10 rows 40 f32 +plain$/m);
});

describe("bad usage", () => {
  test.concurrent.each<[string, RegExp]>([
    [
      `train ${RECIPE.join(" ")} --tiling plian`,
      /^tiling: no family of kernels is named "plian" \(did you mean "plain"/,
    ],
    ["train --tune --deterministic", /^option '--deterministic' cannot be used with option '--tune'; see /],
    ["inspect --tiling plain --tune", /^option '--tiling <NAME>' cannot be used with option '--tune'; see /],
    ["train --resume none --tune", /^--resume takes the run's own recipe: leave --tune out$/],
    ["train --resume none --tiling plain", /^--resume takes the run's own recipe: leave --tiling out$/],
  ])("%s", async (line, expected) => {
    const { code, stdout, stderr } = await downhill(folder, ...line.split(" "));
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.replace(/^downhill: /, "").trimEnd()).toMatch(expected);
  });
});
