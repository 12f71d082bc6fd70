import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { downhill, start, testFolder, until } from "./run.ts";

const folder = testFolder();
const inFolder = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(inFolder(name), "utf8");
const finished = (out: string) =>
  existsSync(inFolder(`${out}/finished`))
    ? readdirSync(inFolder(`${out}/finished`)).filter((name) => !name.startsWith("."))
    : [];
const RECIPE = ["--data", "data", "--hidden", "8", "--batch-size", "50"];

describe("downhill compare", () => {
  test("a killed comparison goes on where it was; table, report and --json tell the same", async () => {
    const args = ["compare", ...RECIPE, "--optimizers", "momentum,adam:lr=0.01", "--seeds", "2", "--targets", "30,99"];
    const more = ["--epochs", "6", "--evaluate-every", "3", "--out", "out"];
    const run = start(folder, ...args, ...more);
    await until("the first optimizer is done", () => finished("out").length > 0);
    run.kill("SIGKILL");
    await run.finished;
    const [kept = ""] = finished("out");
    expect(kept).toMatch(/^momentum-seeds-[\da-f]{12}\.json$/);
    expect(existsSync(inFolder("out/report.html"))).toBe(false);
    const before = read(`out/finished/${kept}`);
    const { code, stdout, stderr } = await downhill(folder, ...args, ...more, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(finished("out")).toHaveLength(2);
    expect(read(`out/finished/${kept}`)).toBe(before);

    const results = JSON.parse(read("out/results.json"));
    const printed = JSON.parse(stdout);
    expect(stdout.trimEnd()).not.toContain("\n");
    expect(printed).toEqual({ ...results, results: undefined, out: "out" });
    expect(printed.command).toBe(`downhill ${[...args, ...more, "--json"].join(" ")}`);
    const [momentum, adam] = printed.summary.contenders;
    expect([momentum.contender, adam.contender, adam.lr]).toEqual(["momentum", "adam", 0.01]);
    expect(
      results.results[1].population.models[0].evaluations.slice(0, 3).map(({ step }: { step: number }) => step),
    ).toEqual([3, 6, 9]);
    expect(readdirSync(inFolder("out")).sort()).toEqual(
      [
        "finished",
        "results.csv",
        "results.json",
        "report.html",
        "accuracies.svg",
        "learning-curves.svg",
        "performance-profile.svg",
        "time-to-target.svg",
        "training-loss.svg",
      ].sort(),
    );
    expect(read("out/report.html")).toContain(`value="${adam.final_accuracy.mean}"`);

    // Once more as text: everything is there.
    const again = await downhill(folder, ...args, ...more);
    const lines = again.stdout.split("\n");
    const accuracy = ({ mean, deviation }: { mean: number; deviation: number }) =>
      `${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)}`;
    expect(lines).toContain("2 optimizers on data 8: 6 epochs, batch 50, seeds 0 to 1");
    expect(lines.find((line) => line.startsWith("adam "))).toContain(accuracy(adam.final_accuracy));
    expect(lines.find((line) => line.startsWith("adam "))).toMatch(/ \d+ steps, \d+\.\d+ s/);
    expect(again.stdout).toContain("differences in final test accuracy, points, 95 % interval over the seeds:");
    expect(lines.at(-2)).toBe("report in out/report.html");
  });

  test("Ctrl-C ends it with 130 and says how to go on", async () => {
    const run = start(
      folder,
      "compare",
      ...RECIPE,
      "--optimizers",
      "sgd,adam",
      "--epochs",
      "1000000",
      "--out",
      "stopped",
    );
    await until("it runs", () => existsSync(inFolder("stopped/finished")));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    run.kill("SIGINT");
    const { code, stderr } = await run.finished;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr:
        "stopping: what is finished is kept (again to stop at once)\n" +
        "stopped; finished runs are in stopped: the same command with --out stopped goes on\n",
    });
  });

  test("an optimizer whose settings are wrong is left out; alone it is an error", async () => {
    const { code, stdout, stderr } = await downhill(
      folder,
      ...["compare", ...RECIPE, "--steps", "2", "--seeds", "1", "--optimizers", "adam:beta9=1", "--out", "refused"],
    );
    expect(code).toBe(2);
    expect(stdout).toContain("left out: ");
    expect(stderr).toContain('unknown field "beta9"');
  });
});
