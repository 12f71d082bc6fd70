import { expect, test } from "vitest";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder(200, 40);
const FLAGS =
  "--batch-norm --dropout 0.25 --activation silu --init orthogonal:gain=1.5 --label-smoothing 0.1 --clip-norm 2".split(
    " ",
  );

test("the network's flags are fields of the recipe; its checkpoint goes on and evaluates like the run", async () => {
  const common = ["--data", "data", "--hidden", "12,6", "--batch-size", "50", "--json"];
  const trained = await downhill(folder, "train", ...common, ...FLAGS, "--steps", "8", "--out", "whole");
  expect(trained).toMatchObject({ code: 0, stderr: "" });
  await downhill(folder, "train", ...common, ...FLAGS, "--steps", "4", "--out", "half");
  const resumed = await downhill(folder, "train", "--resume", "half", "--steps", "8", "--json");
  const { models } = JSON.parse(trained.stdout) as { models: object[] };
  expect(JSON.parse(resumed.stdout).models).toEqual(models);
  const evaluated = await downhill(folder, "evaluate", "whole", "--json");
  const { models: again } = JSON.parse(evaluated.stdout) as { models: object[] };
  expect(models).toEqual(again.map((model) => expect.objectContaining(model)));
  const inspected = await downhill(folder, "inspect", "--recipe", "whole/recipe.json");
  expect(inspected.stdout).toMatch(/^network +\d+-12-6-10 silu, batch norm, dropout 0.25, /m);
  expect(inspected.stdout).toMatch(/^ {2}running .* running statistics, f32 \[P=1, 64\]$/m);
  const plan = await downhill(folder, "inspect", "--recipe", "whole/recipe.json", "--json");
  expect(JSON.parse(plan.stdout).recipe).toMatchObject({
    batch_norm: true,
    dropout: 0.25,
    activation: "silu",
    init: { name: "orthogonal", gain: 1.5 },
    label_smoothing: 0.1,
    clip_norm: 2,
  });
});

test.concurrent.each<[string, string]>([
  ["--dropout 1", "dropout: must be at least 0 and below 1, got 1"],
  ["--init orthogonel", "init.name: must be one of default, xavier_uniform"],
  ["--batch-norm --batch-size 1", "batch_norm: a batch is one sample, which has no variance"],
  ["--vary dropout=0,0.5", "vary: the values of dropout switch it off for some members"],
])("%s is bad usage", async (flags, message) => {
  const { code, stdout, stderr } = await downhill(folder, "train", "--data", "data", ...flags.split(" "));
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^downhill: .*\n$/);
  expect(stderr).toContain(message);
});
