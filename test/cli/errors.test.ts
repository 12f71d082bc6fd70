import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder(60, 20);
const inFolder = (name: string) => join(folder, name);

writeFileSync(inFolder("broken.json"), "{bad");
writeFileSync(inFolder("misspelt.json"), '{ "hiden": [16] }');
writeFileSync(inFolder("faults.json"), '{ "epochs": 1.5, "optimizer": { "name": "adma" } }');
writeFileSync(inFolder("short.u32"), new Uint32Array(59));
writeFileSync(inFolder("range.u32"), new Uint32Array(60).fill(60));
writeFileSync(inFolder("corrupt.safetensors"), "no tensors");
mkdirSync(inFolder("empty"));
mkdirSync(inFolder("truncated"));
for (const name of ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]) {
  copyFileSync(inFolder(`data/${name}-ubyte`), inFolder(`truncated/${name}-ubyte`));
}
truncateSync(inFolder("truncated/train-images-idx3-ubyte"), 5000);

const STEP = ["train", "--data", "data", "--hidden", "16", "--batch-size", "full", "--steps", "1", "--out", "run"];
const START = readFileSync(new URL("../golden/mlp/init.safetensors", import.meta.url));
writeFileSync(inFolder("start.safetensors"), START);

/** Runs a command that must fail: nothing on stdout, one sentence on stderr and no stack trace. */
async function failure(args: readonly string[]) {
  const { code, stdout, stderr } = await downhill(folder, ...args);
  expect(stderr).toMatch(/^downhill: /);
  expect(stderr).not.toMatch(/^ +at /m);
  return { code, stdout, message: stderr.slice("downhill: ".length, -1) };
}

describe("bad usage ends with 2 and says what is wrong, where, and what may be", () => {
  test.concurrent.each<[string, string]>([
    ["trian", "unknown command 'trian' (did you mean train?)"],
    ["train --epoch 3", "unknown option '--epoch' (did you mean --epochs?)"],
    ["train --frobnicate 0.2", "unknown option '--frobnicate'; see downhill train --help"],
    ["train now", "too many arguments for 'train': expected 0, got 1; see downhill train --help"],
    ["verify", "missing required argument 'FILE.json'; see downhill verify --help"],
    ["train --hidden 12,x", '--hidden 12,x: "x" is not a number; see downhill train --help'],
    ["train --hidden 0", "hidden.0: must be at least 1, got 0"],
    ["train --epochs 1.5", "epochs: must be a whole number, got 1.5"],
    ["train --log-every 0", '--log-every 0: "0" must be a whole number, 1 or more; see downhill train --help'],
    ["train --optimizer adam:lr", '--optimizer adam:lr: "lr" must be key=value; see downhill train --help'],
    ["train --optimizer adam:lr=1,lr=2", '--optimizer adam:lr=1,lr=2: "lr" is given twice; see downhill train --help'],
    ["train --optimizer sgd:lr=0", "optimizer.lr: must be above 0, got 0"],
    ["train --data data --batch-size ful", 'batch_size: must be a whole number of at least 1, or "full", got "ful"'],
    [
      "train --data data --batch-size 61",
      'batch_size: 61 is more than the 60 training samples; use at most that, or "full"',
    ],
    ["train --data data --vary lr=0.1,-2", "vary: optimizer.lr: must be above 0, got -2"],
    ["train --vary lr", '--vary lr: "lr" must be key=v1,v2,...; see downhill train --help'],
    [
      "train --recipe mian",
      '--recipe: no recipe is named "mian" (did you mean "main"?); there is best, course-adagrad, course-adam, course-gradient-descent, ' +
        "course-mini-batch, course-momentum, course-nesterov, course-rmsprop, course-sgd, ensemble, main, wide. A file's name ends in .json",
    ],
    ["train --recipe none.json", "--recipe none.json: no such file"],
    ["train --recipe empty/", "--recipe empty/: it is a folder; give the recipe.json in it"],
  ])("%s", async (line, expected) => {
    const { code, stdout, message } = await failure(line.split(" "));
    expect({ code, stdout, message }).toEqual({ code: 2, stdout: "", message: expected });
  });

  test.concurrent.each<[string, string]>([
    ["train --recipe broken.json", "--recipe broken.json: cannot be read as JSON: "],
    [
      "train --recipe misspelt.json",
      '--recipe misspelt.json: recipe: unknown field "hiden" (did you mean "hidden"?); allowed: ',
    ],
  ])("%s", async (line, expected) => {
    const { code, message } = await failure(line.split(" "));
    expect(code).toBe(2);
    expect(message.slice(0, expected.length)).toBe(expected);
  });

  test("every fault of a recipe has its line", async () => {
    const { message } = await failure(["train", "--recipe", "faults.json"]);
    expect(message.split("\n").sort()).toEqual([
      expect.stringMatching(
        /^--recipe faults\.json: optimizer\.name: must be one of sgd, .*, got "adma" \(did you mean "adam"\?\)$/,
      ),
      "epochs: must be a whole number, got 1.5",
    ]);
  });

  test("--debug adds the stack trace", async () => {
    const { code, stderr } = await downhill(folder, "train", "--hidden", "0", "--debug");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^downhill: RecipeError: hidden\.0: must be at least 1, got 0\n +at /);
  });
});

describe("what fails for another reason ends with 1", () => {
  test.concurrent.each<[string[], string]>([
    [["train", "--data", "empty"], "empty: missing train-images-idx3-ubyte (train images)"],
    [["train", "--data", "truncated"], "truncated/train-images-idx3-ubyte: truncated: its header promises 60 images"],
    [[...STEP, "--order", "short.u32"], "short.u32: holds 59 indices, but the planned steps read 60"],
    [[...STEP, "--order", "range.u32"], "range.u32: index 60 at position 0 is out of range"],
    [[...STEP, "--order", "none.u32"], "none.u32: no such file or folder"],
    [[...STEP, "--init-from", "corrupt.safetensors"], "corrupt.safetensors: not a valid safetensors file: "],
    [[...STEP, "--adapter", "no such one"], 'no adapter has "no such one" in its name. There is "'],
    [[...STEP, "--out", "broken.json"], "--out broken.json: it is a file; give a folder, or a name that is free"],
    [[...STEP, "--log", "empty"], "empty: it is a folder"],
    [["train", "--resume", "empty"], "--resume empty: no run to go on with, as empty/recipe.json is missing"],
    [["evaluate", "none"], "none: no such file or folder"],
    [["verify", "broken.json"], "broken.json: cannot be read as JSON: "],
    [
      ["verify", "misspelt.json"],
      'misspelt.json: not a golden file of optimizers: cases: is missing; it must be an object with a list "cases"',
    ],
  ])("%j", async (args, expected) => {
    const { code, stdout, message } = await failure(args);
    expect({ code, stdout, message: message.slice(0, expected.length) }).toEqual({
      code: 1,
      stdout: "",
      message: expected,
    });
  });

  test("a start of another shape, or of another kind of network", async () => {
    const { code, message } = await failure([...STEP, "--init-from", "start.safetensors", "--json"]);
    expect({ code, message }).toEqual({
      code: 1,
      message:
        'start.safetensors: holds "fc3.weight", which the recipe\'s network does not have; ' +
        "its tensors are fc1.weight, fc1.bias, fc2.weight, fc2.bias",
    });
    const wide = await failure([...STEP, "--hidden", "128,63", "--init-from", "start.safetensors", "--json"]);
    expect(wide.message).toBe(
      'start.safetensors: "fc2.weight" has shape [64, 128], but the recipe\'s network needs [63, 128]',
    );
  });
});
