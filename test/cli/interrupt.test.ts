import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { comparable, downhill, type Running, readMetadata, start, testFolder, until } from "./run.ts";

const folder = testFolder();
const inFolder = (name: string) => join(folder, name);
const RECIPE = ["--data", "data", "--hidden", "16", "--batch-size", "40", "--epochs", "1000000"];
const OUTPUT = ["--log-every", "1", "--checkpoint-every", "30"];

/** Milliseconds that a stop may take: the promise is one second on an idle machine. */
const STOP_MS = 5000;

const logOf = (out: string) =>
  existsSync(inFolder(`${out}/log.jsonl`)) ? readFileSync(inFolder(`${out}/log.jsonl`), "utf8") : "";
const stepOf = (out: string) => Number(readMetadata(inFolder(`${out}/checkpoint.safetensors`)).step);
const longRun = (out: string, ...more: string[]) => start(folder, "train", ...RECIPE, ...OUTPUT, "--out", out, ...more);

async function stop(run: Running, signal: NodeJS.Signals) {
  const begun = performance.now();
  run.kill(signal);
  const { code, stdout, stderr } = await run.finished;
  return { code, stdout, stderr, took: performance.now() - begun };
}

/** Goes on with a stopped run until some steps after it, and runs the same without a stop. */
async function expectSameAsUnbroken(out: string, ...more: string[]): Promise<void> {
  const steps = String(stepOf(out) + 25);
  const [resumed, whole] = await Promise.all([
    downhill(folder, "train", "--resume", out, "--steps", steps, ...OUTPUT),
    downhill(folder, "train", ...RECIPE, ...OUTPUT, "--steps", steps, "--out", `${out}-whole`, ...more),
  ]);
  expect([resumed.code, resumed.stderr, whole.code]).toEqual([0, "", 0]);
  expect(comparable(inFolder(`${out}/log.jsonl`))).toEqual(comparable(inFolder(`${out}-whole/log.jsonl`)));
  const [a, b] = [out, `${out}-whole`].map((name) => readFileSync(inFolder(`${name}/checkpoint.safetensors`)));
  expect(a?.equals(b as Buffer)).toBe(true);
}

describe("Ctrl-C", () => {
  test("ends a run with its checkpoint and 130, also where npm sends it twice; --resume goes on to the same bits", async () => {
    const run = longRun("stopped");
    await until("a step is logged", () => logOf("stopped").includes('"event":"step"'));
    setTimeout(() => run.kill("SIGINT"), 5);
    const { code, took, stderr } = await stop(run, "SIGINT");
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr:
        "stopping: writing the checkpoint (again to stop at once)\n" +
        "stopped; the checkpoint is in stopped: go on with downhill train --resume stopped\n",
    });
    expect(took).toBeLessThan(STOP_MS);
    expect(stepOf("stopped")).toBeGreaterThan(0);
    await expectSameAsUnbroken("stopped");
  });

  test("while kernels compile leaves a checkpoint of the start; SIGTERM ends with 143", async () => {
    const run = longRun("early", "--json");
    await until("the run begins", () => logOf("early").includes('"event":"start"'));
    const { code, stdout, took } = await stop(run, "SIGTERM");
    expect({ code, stdout }).toEqual({ code: 143, stdout: "" });
    expect(took).toBeLessThan(STOP_MS);
    await expectSameAsUnbroken("early");
  });

  test("drops a step that takes long", async () => {
    const run = start(
      folder,
      ...[
        "train",
        "--data",
        "data",
        "--hidden",
        "2000,2000",
        "--batch-size",
        "full",
        "--optimizer",
        "sgd",
        "--out",
        "slow",
      ],
    );
    await until("the run begins", () => logOf("slow").includes('"event":"start"'));
    const { code, took } = await stop(run, "SIGINT");
    expect(code).toBe(130);
    expect(took).toBeLessThan(STOP_MS);
    expect(stepOf("slow")).toBeLessThan(3);
  });

  test("stops a run whose reader is gone", async () => {
    const { code, stderr } = await start(folder, "train", ...RECIPE, "--out", "unread").closeOutput();
    expect(code).toBe(141);
    expect(stderr).toMatch(/^stopped; the checkpoint is in unread/m);
  });
});

test("a run that was killed goes on from its last checkpoint to the same bits, populations too", async () => {
  const run = longRun("killed", "--population", "2");
  await until(
    "a few checkpoints are written",
    () => existsSync(inFolder("killed/checkpoint.safetensors")) && stepOf("killed") >= 60,
  );
  const { code } = await stop(run, "SIGKILL");
  expect(code).toBe(null);
  expect(stepOf("killed") % 30).toBe(0);
  await expectSameAsUnbroken("killed", "--population", "2");
});

describe("--resume", () => {
  test("refuses what would change the run, and a run that has all its steps", async () => {
    const recipe = ["--data", "data", "--hidden", "16", "--batch-size", "60", "--epochs", "1"];
    expect((await downhill(folder, "train", ...recipe, "--out", "done")).code).toBe(0);
    const [changed, complete, raised] = await Promise.all([
      downhill(folder, "train", "--resume", "done", "--hidden", "8", "--seed", "1"),
      downhill(folder, "train", "--resume", "done"),
      downhill(folder, "train", "--resume", "done", "--epochs", "2", "--out", "raised", "--json"),
    ]);
    expect(changed).toMatchObject({
      code: 2,
      stderr: "downhill: --resume takes the run's own recipe: leave --hidden, --seed out\n",
    });
    expect(complete).toMatchObject({
      code: 2,
      stderr: "downhill: --resume done: the run has its 5 steps already; give more --epochs or --steps\n",
    });
    // In another folder: the log of the whole run is there.
    expect(raised).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(raised.stdout)).toMatchObject({ steps: 10, out: "raised" });
    await downhill(folder, "train", ...recipe, "--epochs", "2", "--out", "whole");
    expect(comparable(inFolder("raised/log.jsonl"))).toEqual(comparable(inFolder("whole/log.jsonl")));
    expect(stepOf("done")).toBe(5);
  });

  test("needs a whole run", async () => {
    writeFileSync(inFolder("data/recipe.json"), "{}");
    const { code, stderr } = await downhill(folder, "train", "--resume", "data");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "downhill: --resume data: no run to go on with, as data/checkpoint.safetensors is missing\n",
    });
  });
});
