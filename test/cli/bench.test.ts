import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parseSvg } from "../lab/svg.ts";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder(300, 20);
const SMALL = ["bench", "--data", "data", "--hidden", "16,8", "--batch-size", "50", "--seconds", "0.05"];

/** zod's numbers are finite. */
const above0 = z.number().positive();
const kernel = z.strictObject({
  label: z.string(),
  shader: z.string().regex(/\.wgsl$/),
  workgroups: z.tuple([above0, above0, above0]),
  per_step: above0,
  microseconds: above0,
  flops: above0.optional(),
  gflops: above0.optional(),
  bytes: above0.optional(),
  gigabytes_per_second: above0.optional(),
  share_of_peak: above0.optional(),
});
const result = z.strictObject({
  widths: z.array(above0).min(2),
  kernel_family: z.string(),
  parameters: above0,
  members: above0,
  batch: above0,
  seconds_per_epoch: above0,
  images_per_second: above0,
  microseconds_per_step: above0,
  dispatches_per_step: above0,
  gflop_per_epoch: above0,
  gflops: above0,
  share_of_peak: above0,
  bytes: above0,
  compile_seconds: above0,
  kernels: z.array(kernel).min(1),
});
const head = {
  adapter: z.looseObject({ name: z.string().min(1), kind: z.enum(["hardware", "software"]) }),
  recipe: z.looseObject({ data: z.literal("data") }),
  timed_by: z.enum(["GPU timestamps", "repetition"]),
  peak: z.strictObject({ gflops: above0, gigabytes_per_second: above0 }),
};
const point = z.union([
  z.strictObject({ size: above0, result }),
  z.strictObject({ size: above0, misfit: z.string().min(1) }),
]);

test("--json is one line with every quantity, and nothing else", async () => {
  const { code, stdout, stderr } = await downhill(folder, ...SMALL, "--population", "2", "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.indexOf("\n")).toBe(stdout.length - 1);
  const parsed = z.strictObject({ ...head, result }).parse(JSON.parse(stdout));
  expect(parsed.result).toMatchObject({ widths: [784, 16, 8, 10], parameters: 12786, members: 2, batch: 50 });
  // Two members, 300 samples: fc1 in two products, the others in three.
  expect(parsed.result.gflop_per_epoch).toBeCloseTo((2 * 300 * 2 * (2 * 784 * 16 + 3 * (16 * 8 + 8 * 10))) / 1e9, 12);
});

test("a table of kernels, with the adapter's name", async () => {
  const { code, stdout, stderr } = await downhill(folder, ...SMALL);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^adapter +\S/);
  expect(stdout).toMatch(/^peak +[\d.,]+ GFLOP\/s of multiply-adds, [\d.,]+ GB\/s of a copy; kernels timed by /m);
  expect(stdout).toMatch(/^network +784-16-8-10, 12,786 parameters, .* kernels$/m);
  expect(stdout).toMatch(/^step +[\d.,]+ µs for 50 samples, \d+ dispatches$/m);
  expect(stdout).toMatch(/^fc1 forward +1 +[\d.,]+ +[\d.]+ % +[\d.]+ +- +[\d.]+ % +nn\//m);
  // Some adapters take the optimizer's step at the end of the gradients' kernels.
  expect(stdout).toMatch(/^(adam update +1 .* optim\/update\.wgsl|fc1 backward weights \+ update +1 .*)$/m);
});

describe("--sweep", () => {
  test("gives a point a size, those that do not fit with the reason, and draws them", async () => {
    const args = [...SMALL, "--sweep", "batch", "--figure", "growth.svg", "--json"];
    const { code, stdout, stderr } = await downhill(folder, ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const growth = z.strictObject({ axis: z.literal("batch"), largest: above0, points: z.array(point) });
    const parsed = z.strictObject({ ...head, growth: z.tuple([growth]) }).parse(JSON.parse(stdout));
    const [{ points, largest }] = parsed.growth;
    expect(largest).toBe(300);
    expect(points.map((p) => ("result" in p ? p.result.batch : p.misfit))).toEqual([
      1,
      10,
      100,
      expect.stringContaining("1000 is more than the 300 training samples"),
    ]);
    const texts = parseSvg(readFileSync(join(folder, "growth.svg"), "utf8")).map(({ text }) => text);
    expect(texts).toContain("does not fit: 1000 (at most 300)");
    expect(texts.join("\n")).toContain(parsed.adapter.name);
  });

  test("prints a row a size", async () => {
    const { code, stdout, stderr } = await downhill(folder, ...SMALL, "--sweep", "batch");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^batch: samples a step\nbatch +s an epoch +images\/s /m);
    expect(stdout).toMatch(/^100 +[\d.,]+ +[\d.,]+ +[\d.,]+ +\d+ +[\d.,]+ +[\d.]+ % +[\d.]+ [KM]iB +\d+\.\d\d +\S/m);
    expect(stdout).toMatch(/^1000 +does not fit: batch_size: 1000 is more than the 300 training samples/m);
    expect(stdout).toMatch(/^largest batch that fits: 300$/m);
  });
});

describe("--optimizers", () => {
  const QUICK = ["bench", "--optimizers", "adam,sgd", "--parameters", "4000", "--seconds", "0.01"];

  test("prints a row each, in the registry's order, without data", async () => {
    const { code, stdout, stderr } = await downhill(folder, ...QUICK);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^parameters +[\d,]+, those of a network with two hidden layers; timed by /m);
    const rows = [...stdout.matchAll(/^(\w+) +(\d+) +(\d+) +(\d+) +(\d+) +[\d.,]+ +[\d.,]+ +[\d.,]+ +\d+\.\d\d$/gm)];
    expect(rows.map(([, ...cells]) => cells.join(" "))).toEqual([
      "sgd 1 8 4 12",
      "adam 1 16 12 28",
      "lookahead 1 8 8 16",
      "sam 3 12 12 28",
    ]);
  });

  test("says what it leaves out", async () => {
    const { code, stdout } = await downhill(folder, "bench", "--optimizers", "lbfgs", ...QUICK.slice(3));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^left out: lbfgs, whose steps go by the loss; downhill bench --optimizer lbfgs times it/m);
    expect(stdout).not.toMatch(/^lbfgs /m);
  });

  test("--json is one line", async () => {
    const { code, stdout, stderr } = await downhill(folder, ...QUICK, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.indexOf("\n")).toBe(stdout.length - 1);
    const cost = z.strictObject({
      optimizer: z.string(),
      parameters: above0,
      dispatches: above0,
      bytes_per_parameter: z.strictObject({ read: above0, written: above0, moved: above0 }),
      microseconds: above0,
      nanoseconds_per_parameter: above0,
      copy_microseconds: above0,
      ratio: above0,
    });
    const { adapter, timed_by } = head;
    const parsed = z.strictObject({ adapter, timed_by, optimizers: z.array(cost) }).parse(JSON.parse(stdout));
    expect(parsed.optimizers.map(({ optimizer }) => optimizer)).toEqual(["sgd", "adam", "lookahead", "sam"]);
  });
});

describe("bad usage ends with 2", () => {
  test.concurrent.each<[string, string]>([
    [
      "bench --sweep depth",
      '--sweep depth: "depth" must be batch, width, population, several of them with commas, or all; see downhill bench --help',
    ],
    ["bench --seconds 0", '--seconds 0: "0" must be above 0; see downhill bench --help'],
    ["bench --figure f.svg", "--figure draws how cost grows: give --sweep too; see downhill bench --help"],
    [
      "bench --optimizers adan,adm",
      '--optimizers adan,adm: "adm" is no optimizer (did you mean "adam"?); downhill list optimizers has them all; ' +
        "see downhill bench --help",
    ],
    [
      "bench --optimizers all --parameters 10",
      '--parameters 10: "10" must be a whole number of at least 1000; see downhill bench --help',
    ],
    [
      "bench --optimizers all --sweep all",
      "--sweep and --optimizers measure different things: give one of them; see downhill bench --help",
    ],
    ["bench --sweep all --figure f.png", "--figure f.png: its name must end in .svg; see downhill bench --help"],
    [
      "bench --sweep all --vary lr=0.1,0.2",
      "vary: it gives the population a member for each value of lr, so that its size cannot grow: leave it out",
    ],
    [
      "bench --data data --batch-size 301",
      'batch_size: 301 is more than the 300 training samples; use at most that, or "full"',
    ],
  ])("%s", async (line, expected) => {
    const finished = await downhill(folder, ...line.split(" "));
    expect(finished).toEqual({ code: 2, stdout: "", stderr: `downhill: ${expected}\n` });
  });
});

describe("what cannot be done ends with 1", () => {
  test("a recipe that the adapter cannot hold", async () => {
    const { code, stdout, stderr } = await downhill(folder, ...SMALL, "--hidden", "65536,65536");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^downhill: buffer "params" .* use a smaller population, hidden layer, or batch\n$/);
  });

  test("a figure in a folder that is missing, before anything is measured", async () => {
    const { code, stdout, stderr } = await downhill(folder, ...SMALL, "--sweep", "all", "--figure", "no/f.svg");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe("downhill: --figure no/f.svg: there is no folder no; make it first\n");
  });
});
