import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openFinishedRuns } from "../../src/cli/finishedRuns.ts";

const folder = mkdtempSync(join(tmpdir(), "downhill-finished-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a run is found by its name and settings alone, also where a name would leave the folder", async () => {
  const runs = await openFinishedRuns(join(folder, "deep/kept"));
  const settings = { lr: 0.1, skipped: undefined, nothing: Number.NaN };
  await runs.keep("../adam lr=0.1/x", settings, { loss: Number.POSITIVE_INFINITY });
  expect(readdirSync(join(folder, "deep"))).toEqual(["kept"]);
  expect(await runs.find("../adam lr=0.1/x", { nothing: Number.NaN, lr: 0.1 })).toBeUndefined();
  expect(await runs.find("../adam lr=0.1/x", { lr: 0.1, nothing: Number.NaN })).toEqual({ loss: "Infinity" });
  expect(await runs.find("adam", settings)).toBeUndefined();
  expect(await runs.find("../adam lr=0.1/x", { ...settings, lr: 0.2 })).toBeUndefined();
});

test("a file that is broken is named", async () => {
  const runs = await openFinishedRuns(join(folder, "broken"));
  await runs.keep("sgd", {}, {});
  const [name = ""] = readdirSync(join(folder, "broken"));
  expect(name).toMatch(/^sgd-[\da-f]{12}\.json$/);
  writeFileSync(join(folder, "broken", name), "{");
  await expect(runs.find("sgd", {})).rejects.toThrow(
    `broken/${name}: cannot be read; delete it, and its run is done again`,
  );
});
