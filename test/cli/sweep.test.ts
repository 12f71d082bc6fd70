import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSvg } from "../lab/svg.ts";
import { downhill, start, testFolder, until } from "./run.ts";

const folder = testFolder(260, 60);
const inFolder = (name: string) => join(folder, name);
const RECIPE = ["--data", "data", "--hidden", "8", "--batch-size", "40", "--validation", "60", "--epochs", "3"];
/** Two populations of four trials: a network of another width is another. */
const SPACE = ["--vary", "hidden=[8],[12]", "--vary", "lr=log(1e-6,10,4)"];
const sweep = (out: string, ...more: string[]) => ["sweep", ...RECIPE, ...SPACE, "--out", out, ...more];

const trialsIn = (out: string) => {
  const path = inFolder(`${out}/trials`);
  const names = existsSync(path) ? readdirSync(path).filter((name) => /^[\da-f]+\.json$/.test(name)) : [];
  return names.map((name) => {
    const file = join(path, name);
    return { file, changed: statSync(file).mtimeMs, record: JSON.parse(readFileSync(file, "utf8")) };
  });
};
const finishedIn = (out: string) => trialsIn(out).filter(({ record }) => record.finished);
/** What a sweep came to, without times. */
const comparable = (out: string) => {
  const { settings, test } = JSON.parse(readFileSync(inFolder(`${out}/results.json`), "utf8"));
  return { test, settings: settings.map(({ seconds: _, ...setting }: { seconds: number }) => setting) };
};

describe("killed and run again", () => {
  test("no finished trial runs twice, and the results have the bits of an unbroken sweep", async () => {
    const run = start(folder, ...sweep("killed"));
    await until("the first population is kept", () => finishedIn("killed").length >= 4);
    run.kill("SIGKILL");
    await run.finished;
    const before = finishedIn("killed");
    expect(before.length).toBeGreaterThanOrEqual(4);
    expect(existsSync(inFolder("killed/results.json"))).toBe(false);
    const [again, whole] = await Promise.all([
      downhill(folder, ...sweep("killed")),
      downhill(folder, ...sweep("whole", "--json")),
    ]);
    expect([again.code, again.stderr, whole.code, whole.stderr]).toEqual([0, "", 0, ""]);
    for (const { file, changed } of before) expect(statSync(file).mtimeMs).toBe(changed);
    expect(finishedIn("killed")).toHaveLength(8);
    expect(comparable("killed")).toEqual(comparable("whole"));

    // The whole one's line, table and figure.
    const summary = JSON.parse(whole.stdout);
    expect(summary.settings).toHaveLength(8);
    expect(summary.settings[0]).toMatchObject({ rank: 1, fate: "done" });
    // A middle rate wins: the others hardly move, or diverge.
    expect([0.0002154, 0.04642]).toContain(summary.settings[0].values["optimizer.lr"]);
    expect(summary.test.models).toHaveLength(1);
    expect(again.stdout).toContain(`accuracy ${(100 * summary.test.accuracy).toFixed(2)} %`);
    const csv = readFileSync(inFolder("whole/results.csv"), "utf8").trimEnd().split("\n");
    expect(csv[0]).toBe("rank,fate,hidden,optimizer.lr,seeds,epochs,val_loss,val_accuracy,train_loss,seconds");
    expect(csv).toHaveLength(9);
    expect(csv[1]).toMatch(/^1,done,\[(8|12)\],/);
    const texts = parseSvg(readFileSync(inFolder("whole/sensitivity.svg"), "utf8")).map(({ text }) => text);
    expect(texts).toContain("optimizer.lr (log scale)");
    for (const name of ["[8]", "[12]"]) expect(texts).toContain(name);

    // The winner's run is one of its own, which evaluates to what was told.
    const evaluated = await downhill(folder, "evaluate", "whole/winner", "--json");
    expect(JSON.parse(evaluated.stdout).models[0].test_accuracy).toBe(summary.test.accuracy);
  });

  test("Ctrl-C keeps where the trials are", async () => {
    const long = (out: string, epochs: string) => [
      ...["sweep", ...RECIPE, "--epochs", epochs, "--vary", "lr=0.01,0.001", "--no-test", "--json", "--out", out],
    ];
    // How long a machine takes to the first step is not known; each time is stopped later than the one before.
    for (let wait = 2000; trialsIn("stopped").length === 0 && wait < 60_000; wait *= 2) {
      const run = start(folder, ...long("stopped", "100000"));
      await new Promise((resolve) => setTimeout(resolve, wait));
      run.kill("SIGINT");
      const { code, stdout, stderr } = await run.finished;
      // Before it listens, the signal ends the process itself.
      if (trialsIn("stopped").length === 0) continue;
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      expect(stderr).toContain("stopped; what is done is in stopped: the same command with --out stopped goes on");
    }
    expect(trialsIn("stopped")).toHaveLength(2);
    for (const { record } of trialsIn("stopped")) {
      expect(record.finished).toBe(false);
      expect(existsSync(inFolder(`stopped/states/${record.state.file}`))).toBe(true);
    }
  });
});

test("successive halving and a budget, with seeds", async () => {
  const more = ["--population", "2", "--asha", "eta=2,min_epochs=1", "--budget", "17", "--json", "--no-test"];
  const vary = ["--vary", "lr=1e-6,1e-5,0.003,0.01,0.02"];
  const { code, stdout, stderr } = await downhill(folder, "sweep", ...RECIPE, ...vary, "--out", "halved", ...more);
  expect([code, stderr]).toEqual([0, ""]);
  const { settings } = JSON.parse(stdout) as { settings: { fate: string; epochs: number; trials: object[] }[] };
  // 10 epochs to the first rung, 4 more for the best two to the second, 2 more for the best one: 16 of 17.
  expect(settings.map(({ fate, epochs }) => [fate, epochs])).toEqual([
    ["done", 3],
    ["stopped", 2],
    ["stopped", 1],
    ["stopped", 1],
    ["stopped", 1],
  ]);
  expect(settings.every(({ trials }) => trials.length === 2)).toBe(true);
});

test.concurrent.each<[string, string]>([
  ["--vary lrr=1,2", '--vary lrr: a recipe has no such setting (did you mean "lr"?)'],
  ["--vary lr=log(1,2", "--vary lr=log(1,2: a range's bracket is not closed"],
  ["--vary lr=log(1e-9,1,400) --vary seed=int(1,100,100)", "400 x 100 make 40000 trials, more than 10000"],
  ["--vary lr=-1", "the trial optimizer.lr=-1 is no recipe: optimizer.lr: must be above 0, got -1"],
  ["--vary lr=1 --sweep-seed 2", "--sweep-seed: it is about random search"],
  ["--vary lr=1 --asha eta=1", "eta must be above 1"],
  ["--vary lr=1 --asha epochs=1", '"epochs=1" must be eta=N or min_epochs=N'],
  ["--vary lr=1 --asha eta=2 --steps 5", "--asha: its rungs are epochs"],
  ["--vary lr=1 --by accuracy", "must be val_loss or val_accuracy"],
  ["--vary lr=1 --validation 0", "hold some out"],
  ["--vary lr=1 --batch-size 300", "batch_size: 300 is more than the 200 training samples"],
  ["", "a sweep needs at least one"],
])("%s is refused", async (flags, part) => {
  const args = flags === "" ? [] : flags.split(" ");
  const { code, stdout, stderr } = await downhill(folder, "sweep", ...RECIPE, "--out", "refused", ...args);
  expect({ code, stdout: flags.includes("300") ? "" : stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(part);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});
