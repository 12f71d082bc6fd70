import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { comparable, downhill, readLog, readMetadata, start, testFolder, until } from "./run.ts";

const folder = testFolder(260, 60);
const inFolder = (name: string) => join(folder, name);
const RECIPE = [
  "--data",
  "data",
  "--hidden",
  "8",
  "--batch-size",
  "20",
  "--validation",
  "60",
  "--optimizer",
  "momentum",
];
const tune = (out: string, steps: number, ...more: string[]) => [
  ...["tune", ...RECIPE, "--population", "4", "--vary", "lr=log(1e-5,1)", "--vary", "momentum=uniform(0.3,0.99)"],
  ...["--interval", "15", "--steps", `${steps}`, "--out", out, ...more],
];
const logged = (out: string) => (existsSync(inFolder(`${out}/log.jsonl`)) ? readLog(inFolder(`${out}/log.jsonl`)) : []);
const rankedAt = (out: string) =>
  Math.max(0, ...logged(out).flatMap(({ event, step }) => (event === "rank" ? [Number(step)] : [])));

describe("killed and resumed", () => {
  test("the log, the winner and the figure are those of an unbroken run", async () => {
    const STEPS = 1500;
    const run = start(folder, ...tune("killed", STEPS));
    await until("some decisions are kept", () => {
      return rankedAt("killed") >= 60 && existsSync(inFolder("killed/checkpoint.safetensors"));
    });
    run.kill("SIGKILL");
    await run.finished;
    expect(logged("killed").some(({ event }) => event === "done")).toBe(false);
    const [again, whole] = await Promise.all([
      downhill(folder, "tune", "--resume", "killed"),
      downhill(folder, ...tune("whole", STEPS, "--json")),
    ]);
    expect([again.code, again.stderr, whole.code, whole.stderr]).toEqual([0, "", 0, ""]);
    expect(comparable(inFolder("killed/log.jsonl"))).toEqual(comparable(inFolder("whole/log.jsonl")));
    expect(logged("killed").some(({ resumed_step }) => Number(resumed_step) > 0)).toBe(true);
    for (const file of ["winner/recipe.json", "recipe.json", "tune.json", "tune.svg"])
      expect(readFileSync(inFolder(`killed/${file}`), "utf8")).toBe(readFileSync(inFolder(`whole/${file}`), "utf8"));
    for (const file of ["winner/checkpoint.safetensors", "checkpoint.safetensors"])
      expect(readFileSync(inFolder(`killed/${file}`)).equals(readFileSync(inFolder(`whole/${file}`)))).toBe(true);

    // What is told is what is logged.
    const { winner, members, steps, ranges } = JSON.parse(whole.stdout);
    expect([steps, members.length, ranges.length]).toEqual([STEPS, 4, 2]);
    const last = logged("whole").filter(({ event, step }) => event === "rank" && step === STEPS);
    const best = last.find(({ rank }) => rank === 1);
    expect(winner).toMatchObject({ model: best?.model, val_loss: best?.val_loss });
    expect(winner.schedule.at(-1).values).toEqual(best?.values);
    expect(winner.schedule).toHaveLength(STEPS / 15);
    expect(members[0].history).toHaveLength(STEPS / 15);
    expect(again.stdout).toContain(`member ${winner.model} is the best`);
    expect(again.stdout).toContain("becomes a copy of");
    expect(again.stdout).toContain(`test accuracy ${(100 * winner.test_accuracy).toFixed(2)} %`);

    // The winner alone is a run that evaluates to what was told, with its last values.
    const evaluated = JSON.parse((await downhill(folder, "evaluate", "whole/winner", "--json")).stdout);
    expect(evaluated.models[0].test_accuracy).toBe(winner.test_accuracy);
    const recipe = JSON.parse(readFileSync(inFolder("whole/winner/recipe.json"), "utf8"));
    const { "optimizer.lr": lr, "optimizer.momentum": momentum } = (best?.values ?? {}) as Record<string, number>;
    expect(recipe.optimizer).toMatchObject({ lr, momentum });
    expect(recipe.vary).toBeUndefined();
    expect(readMetadata(inFolder("whole/winner/checkpoint.safetensors")).vary_rows).toBeUndefined();
    const resumed = await downhill(folder, "tune", "--resume", "whole");
    expect([resumed.code, resumed.stderr]).toEqual([
      2,
      "downhill: --resume whole: the run has come to its end already\n",
    ]);
  });

  test("Ctrl-C keeps where the run is", async () => {
    const run = start(folder, ...tune("stopped", 1_000_000));
    await until("it trains", () => rankedAt("stopped") >= 15);
    run.kill("SIGINT");
    const { code, stderr } = await run.finished;
    expect(code).toBe(130);
    expect(stderr).toContain("go on with downhill tune --resume stopped");
    expect(Number(readMetadata(inFolder("stopped/checkpoint.safetensors")).step)).toBeGreaterThan(0);
  });
});

test.concurrent.each<[string, string]>([
  ["", "give at least one setting to tune"],
  ["--vary lrr=log(1,2)", 'unknown setting "lrr" (did you mean "lr"?)'],
  ["--vary lr=0.1,0.2", "give log(lo,hi), uniform(lo,hi) or int(lo,hi)"],
  ["--vary lr=log(1e-3,1) --population 1", "--population 1: members learn from each other: give at least 2"],
  ["--vary lr=log(1e-3,1) --validation 0", "hold some out"],
  ["--vary lr=log(1e-3,1) --early-stopping patience=2", "none stops: leave it out"],
  ["--vary lr=log(1e-3,1) --schedule reduce_on_plateau:monitor=val_loss", "reduce_on_plateau listens"],
  ["--vary lr=log(1e-3,1) --optimizer rprop", "rprop reads lr at its start alone"],
  ["--vary lr=log(1e-3,1) --interval 30", "the run ends after 30 steps, before the first decision"],
  ["--vary lr=log(1e-3,1) --interval 0", "whole number, 1 or more"],
  ["--vary lr=log(1e-3,1) --share 0.7", "above 0, and 0.5 at most"],
  ["--vary lr=log(1e-3,1) --method bayes", "Allowed choices are pbt"],
  ["--vary loss.gamma=uniform(1,3) --loss focal", "give --by val_accuracy"],
  ["--resume none --vary lr=log(1e-3,1)", "--resume takes the run's own settings: leave"],
])("%s is refused", async (flags, part) => {
  const all = ["tune", ...RECIPE, "--steps", "30", "--interval", "10", ...flags.split(" ").filter(Boolean)];
  const { code, stdout, stderr } = await downhill(folder, ...all);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(part);
});
