import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSchedule } from "../../src/cli/scheduleOption.ts";
import { downhill, readLog, testFolder } from "./run.ts";

const folder = testFolder(300, 50);
const inFolder = (name: string) => join(folder, name);
const SMALL = ["--data", "data", "--hidden", "8", "--batch-size", "100"];

describe("--schedule", () => {
  test.each<[string, object]>([
    ["cosine", { schedule: { name: "cosine" } }],
    ["lr=cosine:warmup=5", { schedule: { name: "cosine", warmup: 5 } }],
    [
      "one_cycle:three_phase=true,anneal_strategy=linear",
      { schedule: { name: "one_cycle", three_phase: true, anneal_strategy: "linear" } },
    ],
    [
      "multi_step:milestones=30,60,90,gamma=0.5",
      { schedule: { name: "multi_step", milestones: [30, 60, 90], gamma: 0.5 } },
    ],
    [
      "weight_decay=step:step_size=3,by=epoch",
      { schedules: { weight_decay: { name: "step", step_size: 3, by: "epoch" } } },
    ],
  ])("%s", (text, fields) => {
    expect(parseSchedule(text)).toEqual(fields);
  });

  test("is given once for each scalar", () => {
    expect(parseSchedule("beta1=linear", parseSchedule("cosine"))).toEqual({
      schedule: { name: "cosine" },
      schedules: { beta1: { name: "linear" } },
    });
    expect(() => parseSchedule("lr=linear", parseSchedule("cosine"))).toThrow("lr has a schedule already");
    expect(() => parseSchedule("beta1=cosine", parseSchedule("beta1=linear"))).toThrow("beta1 has a schedule already");
  });

  test.each([
    ["", '"" must be a schedule\'s name, or scalar=name'],
    ["=cosine", '"=cosine" must be a schedule\'s name'],
    ["cosine:eta_min", '"eta_min" must be key=value'],
    ["cosine:eta_min=", undefined],
    ["cosine:eta_min=1,eta_min=2", '"eta_min" is given twice'],
    ["cosine:=1", '"=1" must be key=value'],
    ["cosine:eta_min=0,", '"" must be key=value'],
  ])("%s", (text, message) => {
    if (message === undefined) expect(parseSchedule(text)).toEqual({ schedule: { name: "cosine", eta_min: "" } });
    else expect(() => parseSchedule(text)).toThrow(message);
  });
});

test("a run with schedules says so, logs their rates and keeps them in its recipe", async () => {
  const { code, stdout, stderr } = await downhill(
    folder,
    ...["train", ...SMALL, "--optimizer", "momentum:lr=0.1", "--schedule", "cosine:warmup=2"],
    ...["--schedule", "momentum=linear:end_factor=0.5", "--steps", "6", "--log-every", "1", "--out", "run"],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/with momentum \(lr 0\.1, cosine, momentum linear\), batch 100, 6 steps$/m);
  const rates = readLog(inFolder("run/log.jsonl"))
    .filter(({ event }) => event === "step")
    .map(({ lr }) => lr);
  expect(rates).toEqual(
    [0, 1, 2, 3, 4, 5].map((t) => (t < 2 ? 0.05 * (t + 1) : (0.1 * (1 + Math.cos((Math.PI * (t - 2)) / 4))) / 2)),
  );
  expect(JSON.parse(readFileSync(inFolder("run/recipe.json"), "utf8"))).toMatchObject({
    schedule: { name: "cosine", eta_min: 0, warmup: 2, by: "step" },
    schedules: { momentum: { name: "linear", start_factor: 1, end_factor: 0.5, warmup: 0, by: "step" } },
  });
});

test("a run whose schedule listens goes on from its checkpoint", async () => {
  const listens = ["--schedule", "reduce_on_plateau:patience=0,factor=0.5,threshold=0.2", "--optimizer", "sgd:lr=0.1"];
  const begin = ["train", ...SMALL, ...listens, "--log-every", "1", "--json"];
  const runs = await Promise.all([
    downhill(folder, ...begin, "--steps", "12", "--out", "whole"),
    downhill(folder, ...begin, "--steps", "6", "--out", "rest"),
  ]);
  runs.push(await downhill(folder, "train", "--resume", "rest", "--steps", "12", "--log-every", "1", "--json"));
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(runs.map(() => [0, ""]));
  const [whole, rest] = ["whole", "rest"].map((name) =>
    readLog(inFolder(`${name}/log.jsonl`)).filter(({ event }) => event === "step"),
  );
  expect(rest).toEqual(whole);
  expect(new Set(whole?.map(({ lr }) => lr)).size).toBeGreaterThan(1);
});

test("inspect shows the schedules in the form of their flag", async () => {
  const { stdout } = await downhill(
    folder,
    "inspect",
    ...SMALL,
    "--schedule",
    "multi_step:milestones=3,5",
    "--schedule",
    "beta1=linear",
  );
  expect(stdout).toContain("schedule     multi_step:milestones=3,5,gamma=0.1,warmup=0,by=step\n");
  expect(stdout).toContain("schedule     beta1=linear:start_factor=1,end_factor=0,warmup=0,by=step\n");
});

test.each<[string, string]>([
  [
    "train --schedule cosin",
    "schedule.name: must be one of constant, step, multi_step, exponential, polynomial, linear, ",
  ],
  [
    "train --schedule cosine:eta_min",
    '--schedule cosine:eta_min: "eta_min" must be key=value; see downhill train --help',
  ],
  [
    "train --schedule betal=cosine",
    'schedules.betal: adam has no hyper-parameter "betal" that can be scheduled (did you mean "beta1"?)',
  ],
])("%s ends with 2", async (line, expected) => {
  const { code, stderr } = await downhill(folder, ...line.split(" "));
  expect(code).toBe(2);
  expect(stderr.slice("downhill: ".length, "downhill: ".length + expected.length)).toBe(expected);
});
