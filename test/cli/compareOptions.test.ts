import { Command } from "commander";
import { expect, test } from "vitest";
import { addCompareOptions, type CompareFlags, checkFlags } from "../../src/cli/compareOptions.ts";

/** What a command line parses to; throws what is wrong with it. */
function parse(...args: string[]): CompareFlags {
  const command = addCompareOptions(new Command("compare"))
    .exitOverride()
    .configureOutput({ outputError() {} });
  command.parse(args, { from: "user" });
  const flags = command.opts<CompareFlags>();
  checkFlags(flags, (name) => command.getOptionValueSource(name) === "cli");
  return flags;
}

test("the six of textbooks unless others are given", () => {
  const { optimizers, targets, rates, choose } = parse();
  expect(optimizers.map(({ label }) => label)).toEqual(["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]);
  expect({ targets, choose, least: rates[0] }).toEqual({ targets: [0.97, 0.98], choose: "accuracy", least: 1e-4 });
});

test("a part with a value belongs to the optimizer before it; a label says what tells contenders apart", () => {
  expect(parse("--optimizers", "sgd:lr=0.1,adam:lr=0.01,beta1=0.8,adam:beta1=0.5,lion").optimizers).toEqual([
    { label: "sgd", optimizer: { name: "sgd", lr: 0.1 } },
    { label: "adam beta1=0.8", optimizer: { name: "adam", lr: 0.01, beta1: 0.8 } },
    { label: "adam beta1=0.5", optimizer: { name: "adam", beta1: 0.5 } },
    { label: "lion", optimizer: { name: "lion" } },
  ]);
  // Where nothing else does, the rate tells them apart.
  expect(parse("--optimizers", "adam:lr=0.01,adam:lr=0.1").optimizers.map(({ label }) => label)).toEqual([
    "adam lr=0.01",
    "adam lr=0.1",
  ]);
});

test("workloads are data with widths or without; targets are sorted, per cent", () => {
  const { workloads, targets } = parse("--workloads", "mnist:128-64,a/b:c,data:none", "--targets", "98,9.5,98");
  expect(workloads).toEqual([{ data: "mnist", hidden: [128, 64] }, { data: "a/b:c" }, { data: "data", hidden: [] }]);
  expect(targets).toEqual([0.095, 0.98]);
});

test.each([
  [["--optimizers", "sgdd"], 'no optimizer is named "sgdd" (did you mean "sgd"?)'],
  [["--optimizers", "sgd,sgd"], '"sgd" is given twice'],
  [["--optimizers", "lr=1,sgd"], 'no optimizer is named "lr=1"'],
  [["--optimizers", "adam:lr"], '"lr" must be key=value'],
  [["--targets", "0"], "they must be above 0, up to 100"],
  [["--rates", "0"], "they must be above 0"],
  [["--choose", "luck"], "it must be accuracy or loss"],
  [["--seeds", "0"], "must be a whole number, 1 or more"],
  [["--workloads", "mnist:8,mnist:8"], '"mnist:8" is given twice'],
  [["--optimizer", "adam"], "--optimizer: compare takes several: give --optimizers"],
  [["--population", "3"], "--population: compare trains a model for each seed: give --seeds"],
  [["--vary", "lr=1,2"], "--vary: compare sets optimizers side by side; downhill train has --vary"],
  [["--rates", "0.1,1"], "--rates is about how --tuned chooses learning rates: give --tuned too"],
  [["--tuned", "--seeds", "4"], "--seeds 4: --tuned wants at least 5"],
  [["--tuned", "--optimizers", "adam:lr=1"], "--optimizers adam: --tuned chooses the learning rate: leave lr out"],
])("%j is refused", (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});
