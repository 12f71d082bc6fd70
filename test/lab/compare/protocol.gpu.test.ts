import { expect, test } from "vitest";
import type { Dataset, Split } from "../../../src/data/dataset.ts";
import { holdOut } from "../../../src/data/split.ts";
import { jsonLine } from "../../../src/io/runLog.ts";
import { type CompareSettings, type ContenderResult, runComparison } from "../../../src/lab/compare/protocol.ts";
import type { FinishedRuns } from "../../../src/lab/compare/records.ts";
import { summarise } from "../../../src/lab/compare/summary.ts";
import { chooseTrial, isAtEdge } from "../../../src/lab/compare/trials.ts";
import { train } from "../../../src/train/train.ts";
import { integers } from "../../reference/random.ts";
import { useGpu } from "../../support/gpu.ts";

const gpuOf = useGpu();

/** Images of two greys next to each other, by which classes are told apart: gradients are tiny, and steps of sgd with them. */
function faint(count: number, seed: number): Split {
  const size = 64;
  const bits = integers(10 * size, 7, 2);
  const labels = Uint8Array.from({ length: count }, (_, i) => (i + seed) % 10);
  const images = new Uint8Array(count * size);
  for (let i = 0; i < count * size; i++) {
    const label = labels[Math.floor(i / size)] as number;
    images[i] = 127 + (bits[label * size + (i % size)] as number);
  }
  return { images, labels, count, width: 8, height: 8, rowBytes: size, classes: 10 };
}

const dataset: Dataset = { name: "faint", train: faint(120, 0), test: faint(40, 3) };
const recipe = { hidden: [], batch_size: 20, epochs: 8 };
const contender = (name: string, settings: Record<string, unknown> = {}) => ({
  label: name,
  optimizer: { name, ...settings },
});
const settings: CompareSettings = {
  workloads: [{ label: "faint", dataset, recipe }],
  contenders: [contender("sgd", { lr: 0.03 }), contender("adam", { lr: 0.03 })],
  seeds: 3,
  seed: 5,
};

/** What is kept, as files would have it. */
function memory(): FinishedRuns & { readonly kept: Map<string, string>; readonly names: string[] } {
  const kept = new Map<string, string>();
  const names: string[] = [];
  return {
    kept,
    names,
    async find(name, key) {
      const text = kept.get(name + jsonLine(key));
      return text === undefined ? undefined : JSON.parse(text);
    },
    async keep(name, key, result) {
      names.push(name);
      kept.set(name + jsonLine(key), jsonLine(result));
    },
  };
}

let once: Promise<ContenderResult[]> | undefined;

/** The comparison in one go. */
async function whole(): Promise<ContenderResult[]> {
  const gpu = await gpuOf();
  once ??= runComparison(gpu, settings, { finished: memory(), machine: {} });
  return once;
}

/** Results without what the clock says. */
const withoutTimes = (results: readonly ContenderResult[]) =>
  JSON.parse(JSON.stringify(results, (key, value) => (key === "seconds" ? undefined : value)));

test("adam learns what sgd's steps are too small for, from the same starts; each member has its solo run's bits", async () => {
  const gpu = await gpuOf();
  const results = await whole();
  const { contenders, differences, profiles } = summarise(results, settings, [0.9]);
  const [sgd, adam] = contenders;
  expect(adam?.final_accuracies).toEqual([1, 1, 1]);
  expect(Math.max(...(sgd?.final_accuracies ?? []))).toBeLessThan(0.5);
  expect(differences).toEqual([expect.objectContaining({ higher: "adam", lower: "sgd", shown: true })]);
  expect(adam?.targets[0]).toMatchObject({ reached: 3, of: 3 });
  expect(sgd?.targets[0]).toMatchObject({ reached: 0, of: 3 });
  expect(profiles.steps.lines.map(({ score }) => score)).toEqual([0, 1]);

  const population = results[1]?.population;
  expect(population).toMatchObject({ steps: 48, steps_per_epoch: 6, train_samples: 120 });
  expect(population?.models.map(({ seed }) => seed)).toEqual([5, 6, 7]);
  const solo: { step: number; test_loss: number }[] = [];
  const losses: number[] = [];
  const alone = { ...recipe, optimizer: { name: "adam", lr: 0.03 }, seed: 6 };
  for await (const event of train(alone, { adapter: gpu, dataset, logEvery: 1 })) {
    if (event.event === "eval") solo.push({ step: event.step, test_loss: event.test_loss });
    if (event.event === "step") losses.push(event.loss);
  }
  const member = population?.models[1];
  expect(member?.evaluations.map(({ step, test_loss }) => ({ step, test_loss }))).toEqual(solo);
  expect(member?.losses).toEqual(losses);
  // Time goes on from evaluation to evaluation, and the last one's is that of all training.
  const seconds = member?.evaluations.map((evaluation) => evaluation.seconds) ?? [];
  expect(seconds.toSorted((a, b) => a - b)).toEqual(seconds);
  expect(3 * (seconds.at(-1) ?? 0)).toBeCloseTo(population?.seconds.train ?? 0, 6);

  const { confusion = [], worst } = results[0]?.population?.errors ?? {};
  const hits = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
  expect(hits / 40).toBe(Math.max(...(sgd?.final_accuracies ?? [])));
  expect(worst?.map(({ loss }) => loss)).toEqual(worst?.map(({ loss }) => loss).sort((a, b) => b - a));
  for (const { sample, label, predicted, loss, label_probability } of worst ?? []) {
    expect(dataset.test.labels[sample]).toBe(label);
    expect(predicted).not.toBe(label);
    expect(label_probability).toBeCloseTo(Math.exp(-loss), 12);
  }
  expect(results[1]?.population?.errors?.worst).toEqual([]);
});

test("a comparison that is stopped goes on where it was, and comes to the same", async () => {
  const gpu = await gpuOf();
  const finished = memory();
  const controller = new AbortController();
  const stopped = runComparison(gpu, settings, {
    finished,
    machine: {},
    signal: controller.signal,
    observer: { onProgress: ({ contender }) => contender.label === "adam" && controller.abort(new Error("stop")) },
  });
  await expect(stopped).rejects.toThrow("stop");
  expect(finished.names).toEqual(["sgd seeds"]);
  const before = [...finished.kept.values()];
  const isKept: boolean[] = [];
  const resumed = await runComparison(gpu, settings, {
    finished,
    machine: {},
    observer: { onResult: (_, kept) => isKept.push(kept) },
  });
  expect(isKept).toEqual([true, false]);
  expect(finished.names).toEqual(["sgd seeds", "adam seeds"]);
  expect([...finished.kept.values()].slice(0, 1)).toEqual(before);
  expect(withoutTimes(resumed)).toEqual(withoutTimes(await whole()));
  // Another machine's results are not taken.
  const elsewhere = { finished, machine: { adapter: "another" } };
  await runComparison(gpu, { ...settings, contenders: settings.contenders.slice(0, 1) }, elsewhere);
  expect(finished.names).toHaveLength(3);
});

test("tuned: a trial for each rate on held out samples, then fresh seeds of the best one on the whole training set", async () => {
  const gpu = await gpuOf();
  const rates = [1e-6, 1e-5, 0.03];
  const names = ["sgd", "adam", "prodigy"];
  const tuned: CompareSettings = {
    ...settings,
    workloads: [{ label: "faint", dataset, recipe: { ...recipe, validation: 20 } }],
    contenders: names.map((name) => contender(name)),
    tuning: { rates, validation: 20, by: "accuracy" },
  };
  const finished = memory();
  const results = await runComparison(gpu, tuned, { finished, machine: {} });
  const [sgd, adam, prodigy] = results;
  expect(finished.names).toEqual(names.flatMap((name) => [`${name} trials`, `${name} seeds`]));
  expect(adam?.lr).toBe(0.03);
  expect(sgd?.tried?.trials.map(({ lr }) => lr)).toEqual(rates);
  expect(adam?.population).toMatchObject({ train_samples: 120, recipe: { optimizer: { name: "adam", lr: 0.03 } } });
  expect(adam?.population?.recipe).not.toHaveProperty("validation");
  expect(summarise(results, tuned, [0.9]).contenders[1]?.final_accuracies).toEqual([1, 1, 1]);
  // An optimizer that finds its own rate has one trial, and no rate.
  expect(prodigy?.tried?.trials).toHaveLength(1);
  expect(prodigy).not.toHaveProperty("lr");
  // The trials' seed is none of the seeds 5, 6, 7, and the held out samples stand in the test set's place.
  const { rest, held } = holdOut(dataset.train, 20, 0);
  const parts = { name: "parts", train: rest, test: held };
  const trial = { ...recipe, optimizer: { name: "adam", lr: 0.03 }, seed: 8 };
  for await (const event of train(trial, { adapter: gpu, dataset: parts })) {
    if (event.event !== "done") continue;
    const { test_loss: val_loss, test_accuracy: val_accuracy } = event.models[0] ?? {};
    expect(adam?.tried?.trials[2]).toEqual({ lr: 0.03, val_loss, val_accuracy });
  }
});

test("a recipe that an optimizer cannot train is left out, and the reason told", async () => {
  const averaged = { label: "faint", dataset, recipe: { ...recipe, lookahead: { k: 2, alpha: 0.5 } } };
  const asked = { ...settings, workloads: [averaged], contenders: [contender("schedule_free_sgd"), contender("sgd")] };
  const results = await runComparison(await gpuOf(), asked, { finished: memory(), machine: {} });
  expect(results[0]).not.toHaveProperty("population");
  expect(results[0]?.refusal).toContain("lookahead");
  expect(results[1]?.population?.models).toHaveLength(3);
  expect(summarise(results, asked, [0.9]).refused).toEqual([
    { workload: "faint", contender: "schedule_free_sgd", reason: results[0]?.refusal },
  ]);
});

test("the best trial: by accuracy with the loss to settle ties, or by loss; what is no number is worst", () => {
  const trials = [
    { lr: 0.1, val_accuracy: 0.9, val_loss: 0.4 },
    { lr: 0.2, val_accuracy: 0.9, val_loss: 0.3 },
    { lr: 0.3, val_accuracy: 0.8, val_loss: 0.2 },
    { lr: 0.4, val_accuracy: 0.1, val_loss: Number.NaN },
  ];
  expect(chooseTrial(trials, "accuracy")?.lr).toBe(0.2);
  expect(chooseTrial(trials, "loss")?.lr).toBe(0.3);
  expect(chooseTrial(trials.slice(3), "loss")?.lr).toBe(0.4);
  expect(chooseTrial([], "loss")).toBeUndefined();
  expect([0.1, 0.2, 0.4, undefined].map((lr) => isAtEdge(trials, lr))).toEqual([true, false, true, false]);
});
