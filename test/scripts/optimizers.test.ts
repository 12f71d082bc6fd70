import { execFile } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { testFolder } from "../cli/run.ts";
import { parseSvg } from "../lab/svg.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/optimizers.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const folder = testFolder(60, 20);

/** Runs the script in the folder. */
function optimizers(...args: readonly string[]): Promise<{ failed: boolean; stdout: string; stderr: string }> {
  const env = { ...process.env, NODE_OPTIONS: undefined };
  return new Promise((resolve) => {
    const all = ["--conditions=downhill-source", "--import", TSX, SCRIPT, "--data", "data", "--out", "o.svg", ...args];
    execFile(process.execPath, all, { cwd: folder, env, timeout: 50_000 }, (error, stdout, stderr) => {
      resolve({ failed: error !== null, stdout, stderr });
    });
  });
}

const FEW = ["--steps", "2", "--seeds", "2", "--validation", "10", "--grid", "0.01,0.1"];

test("a table, a figure, and results that the next run goes on from", async () => {
  // The main recipe's batch is 100, more than there is here.
  const settings = [...FEW, "--recipe", "small.json", "--results", "kept"];
  appendFileSync(join(folder, "small.json"), JSON.stringify({ hidden: [8], batch_size: 20 }));
  const first = await optimizers(...settings, "--optimizers", "sgd");
  expect(first).toMatchObject({ failed: false, stderr: expect.stringMatching(/^sgd: [\d.]+ % at lr 0\.\d+$/m) });
  expect(first.stdout).toMatch(/^\| optimizer .*\(2 seeds\).*\n.*\n\| sgd \| 0\.\d+ \| [\d.]+ ± [\d.]+ \|.*\n$/);

  appendFileSync(join(folder, "kept/sgd.json.tmp"), '{"settings":{"adap'); // what a killed run may leave
  const second = await optimizers(...settings, "--optimizers", "sgd,momentum");
  expect(second.stderr).toMatch(/^sgd: .* \(as before\)\nmomentum: [\d.]+ % at lr 0\.\d+\n/);
  const rows = second.stdout.trim().split("\n").slice(2);
  expect(rows[0]).toBe(first.stdout.trim().split("\n")[2]);
  expect(rows).toHaveLength(2);
  const texts = parseSvg(readFileSync(join(folder, "o.svg"), "utf8")).map(({ text }) => text);
  expect(texts).toEqual(expect.arrayContaining(["sgd", "momentum"]));
  const third = await optimizers(...settings, "--optimizers", "sgd,momentum");
  expect(third.stderr).toMatch(/^sgd: .* \(as before\)\nmomentum: .* \(as before\)\n/);
  // Other settings are another comparison.
  const other = await optimizers(...settings, "--optimizers", "sgd", "--seeds", "1");
  expect(other.stderr).toMatch(/^sgd: [\d.]+ % at lr 0\.\d+\n/);
});

test("says what it cannot do", async () => {
  expect(await optimizers("--optimizers", "sdg")).toMatchObject({ failed: true, stdout: "" });
  expect((await optimizers("--grid", "0,1")).stderr).toContain("They must be numbers above 0.");
  expect((await optimizers(...FEW, "--validation", "60")).stderr).toContain("cannot hold 60 of 60 samples out");
});
