import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { activations } from "../../src/nn/activation.ts";
import { inits } from "../../src/nn/init/registry.ts";
import { losses } from "../../src/nn/loss/registry.ts";
import type { OptimizerDescription } from "../../src/optim/describe.ts";
import { optimizers } from "../../src/optim/registry.ts";
import type { ScheduleDescription } from "../../src/optim/schedules/describe.ts";
import { schedules } from "../../src/optim/schedules/registry.ts";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder(10, 10);
const names = optimizers.map(({ name }) => name);
const shaderOf = (name: string) => readFileSync(new URL(`../../shaders/optim/${name}.wgsl`, import.meta.url), "utf8");

test.concurrent("lists every optimizer in the registry's order, with its formula, defaults and paper", async () => {
  const { code, stdout, stderr } = await downhill(folder, "list", "optimizers");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect([...stdout.matchAll(/^(\w+): /gm)].map(([, name]) => name)).toEqual(names);
  const entries = stdout.split("\n\n").slice(1);
  for (const [i, { name, summary, hyper }] of optimizers.entries()) {
    const entry = entries[i] as string;
    expect(entry.startsWith(`${name}: ${summary}\n`)).toBe(true);
    const formula = [...shaderOf(name).matchAll(/^\/\/ {3}(.*)$/gm)].map(([, line]) => `      ${line}`);
    expect(entry).toContain(`\n${formula.join("\n")}\n`);
    for (const key of Object.keys(hyper.parse({}))) expect(entry).toMatch(new RegExp(`^  ${key} +\\S+  +\\S`, "m"));
    expect(entry).toMatch(/\b(19|20)\d\d\b/);
  }
  expect(stdout).toMatch(/^ {2}step_min +1e-6 /m);
  expect(stdout).toMatch(/^ {2}centered +false /m);
});

test.concurrent("lists every schedule with its formula, parameters and source", async () => {
  const [{ code, stdout, stderr }, cyclic, multiStep] = await Promise.all([
    downhill(folder, "list", "schedules"),
    downhill(folder, "list", "cyclic"),
    downhill(folder, "list", "multi_step"),
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const entries = stdout.split("\n\n").slice(1);
  for (const [i, { name, summary, formula, source }] of schedules.entries()) {
    const entry = entries[i] as string;
    expect(entry.startsWith(`${name}: ${summary}\n      ${formula}\n`)).toBe(true);
    expect(entry.replace(/\s+/g, " ")).toContain(source);
  }
  expect(stdout).toMatch(/^ {2}step_size +required +time from one fall to the next$/m);
  expect(stdout).toMatch(/^ {2}T_max +- +time to eta_min/m);
  expect(cyclic.stdout).toMatch(/^ {2}mode +triangular +scale: .* \(triangular, triangular2, exp_range\)$/m);
  expect(cyclic.stdout).toMatch(/^ {2}warmup: steps of a linear climb .* \(0 or more\)$/m);
  expect(cyclic.stdout).toMatch(/^ {2}step_size_up +2000 +time of a rise \(1 or more\)$/m);
  expect(multiStep.stdout).toMatch(/^ {2}milestones +required +times of the falls \(each 1 or more\)$/m);
});

test.concurrent("gives a section, or all of them, as JSON", async () => {
  const [all, section] = await Promise.all([
    downhill(folder, "list", "--json"),
    downhill(folder, "list", "optimizers", "--json"),
  ]);
  const listed = JSON.parse(all.stdout) as { optimizers: OptimizerDescription[]; schedules: ScheduleDescription[] };
  expect(JSON.parse(section.stdout)).toEqual({ optimizers: listed.optimizers });
  expect(listed.schedules.map(({ name }) => name)).toEqual(schedules.map(({ name }) => name));
  expect(listed.optimizers.map(({ name }) => name)).toEqual(names);
  const adamw = listed.optimizers.find(({ name }) => name === "adamw");
  expect(adamw).toMatchObject({
    source: expect.stringContaining("Loshchilov and Hutter 2019"),
    state: ["exp_avg", "exp_avg_sq"],
    shader: "shaders/optim/adamw.wgsl",
  });
  expect(adamw?.hyper.find(({ name }) => name === "weight_decay")).toMatchObject({ default: 0.01, range: "0 or more" });
});

test.concurrent("prints one entry in full, also as JSON", async () => {
  const [text, json] = await Promise.all([
    downhill(folder, "list", "rmsprop"),
    downhill(folder, "list", "rmsprop", "--json"),
  ]);
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toMatch(/^rmsprop: /);
  expect(text.stdout).toMatch(/^ {2}alpha +0\.99 +decay rate of the average of squares \(0 to below 1\)$/m);
  expect(text.stdout).toMatch(/^ {2}state of each parameter: square_avg, grad_avg \(with some settings\), /m);
  expect(text.stdout).toMatch(/^ {2}shaders\/optim\/rmsprop\.wgsl$/m);
  expect((JSON.parse(json.stdout) as OptimizerDescription).name).toBe("rmsprop");
});

test.concurrent("a name that is nothing's is bad usage", async () => {
  const { code, stdout, stderr } = await downhill(folder, "list", "adma");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(
    /^downhill: nothing is named "adma" \(did you mean "adam"\?\); there is optimizers, schedules, .*sgd, /,
  );
});

test.concurrent("lists every activation with its formula and source, and every start with its parameters", async () => {
  const [listed, starts, json, both, listedLosses] = await Promise.all([
    downhill(folder, "list", "activations"),
    downhill(folder, "list", "inits"),
    downhill(folder, "list", "gelu", "--json"),
    downhill(folder, "list", "constant"),
    downhill(folder, "list", "losses"),
  ]);
  expect([listed.code, listed.stderr, starts.code, starts.stderr]).toEqual([0, "", 0, ""]);
  const listedNames = [...listed.stdout.matchAll(/^(\w+): /gm)].map(([, name]) => name);
  expect(listedNames).toEqual(activations.map(({ name }) => name));
  expect(listed.stdout.match(/^ {6}y = /gm)).toHaveLength(activations.length);
  expect(listed.stdout.match(/^ {6}dy\/dz = /gm)).toHaveLength(activations.length);
  expect(listed.stdout.match(/\btorch\.nn\.\w+/g)).toHaveLength(activations.length);
  const entries = starts.stdout.split("\n\n").slice(1);
  for (const [i, { name, summary, formula }] of inits.entries()) {
    expect(entries[i]?.startsWith(`${name}: ${summary}\n      ${formula}\n`)).toBe(true);
  }
  const lossNames = [...listedLosses.stdout.matchAll(/^(\w+): /gm)].map(([, name]) => name);
  expect(lossNames).toEqual(losses.map(({ name }) => name));
  expect(listedLosses.stdout.match(/\btorch\.nn\.\w+/g)).toEqual(
    ["CrossEntropyLoss", "MSELoss", "MultiMarginLoss"].map((name) => `torch.nn.${name}`),
  );
  expect(listedLosses.stdout).toMatch(/^ {2}gamma +2 +how much less sure samples weigh/m);
  expect(starts.stdout).toMatch(/^ {2}std +0.02 +deviation before the cut$/m);
  expect(JSON.parse(json.stdout)).toMatchObject({ name: "gelu", gradientOf: "input", shader: expect.any(String) });
  // A schedule and a start have this name.
  expect(both.stdout.match(/^constant: /gm)).toHaveLength(2);
});
