import { expect, test } from "vitest";
import type { EvalEvent } from "../../../src/io/runLog.ts";
import { resultsOf, winnerOf } from "../../../src/lab/sweep/results.ts";
import { runSweep, type SweepObserver, type SweepSettings } from "../../../src/lab/sweep/run.ts";
import { settingsOf } from "../../../src/lab/sweep/space.ts";
import { type Trial, type TrialRecord, trialsOf } from "../../../src/lab/sweep/trials.ts";
import { parseAxis } from "../../../src/lab/sweep/values.ts";
import { parseRecipe, type RecipeInput } from "../../../src/train/recipe.ts";
import { train } from "../../../src/train/train.ts";
import { useGpu } from "../../support/gpu.ts";
import { memoryStore } from "./memoryStore.ts";
import { patternDataset } from "./patterns.ts";

const gpuOf = useGpu();
const dataset = patternDataset(260, 40);
const base = { hidden: [8], batch_size: 50, epochs: 4, validation: 60, seed: 5 } satisfies RecipeInput;

async function sweepOf(
  vary: readonly string[],
  more: Partial<SweepSettings> & { recipe?: RecipeInput; observer?: SweepObserver; signal?: AbortSignal } = {},
  memory = memoryStore(),
) {
  const { recipe, observer, signal, ...rest } = more;
  const settings = settingsOf({ base: parseRecipe({ ...base, ...recipe }), axes: vary.map(parseAxis) });
  const trials = await trialsOf(settings, {});
  const groups: string[][] = [];
  const own: SweepObserver = {
    ...observer,
    onGroup(group, ...args) {
      groups.push(group.legs.map(({ trial, until }) => `${Object.values(trial.values).join(" ")} to ${until}`));
      observer?.onGroup?.(group, ...args);
    },
  };
  const keys = Object.keys(settings[0]?.values ?? {});
  const work: SweepSettings = { trials, keys, by: "val_loss", version: "", ...rest };
  const outcome = await runSweep(await gpuOf(), dataset, work, memory.store, {
    observer: own,
    ...(signal && { signal }),
  });
  return { trials, outcome, groups, memory, results: resultsOf(trials, outcome, "val_loss") };
}

/** A trial's evaluations on held out samples as its run alone has them, beside the real test set. */
async function alone({ recipe }: Trial) {
  const found: EvalEvent[] = [];
  for await (const event of train(recipe, { adapter: await gpuOf(), dataset }))
    if (event.event === "eval") found.push(event);
  return found.map(({ epoch, step, train_loss, val_loss, val_accuracy }) => ({
    ...{ epoch, step, train_loss, val_loss, val_accuracy },
  }));
}

const evaluationsOf = (records: ReadonlyMap<string, TrialRecord>) =>
  new Map([...records].map(([key, { evaluations, finished }]) => [key, { evaluations, finished }]));

test("a middle learning rate wins, and each trial has the bits of its run alone", async () => {
  const { trials, outcome, groups, results, memory } = await sweepOf(["lr=1e-6,0.01,100", "batch_size=50,40"]);
  expect(groups).toEqual([
    ["0.000001 50 to 4", "0.01 50 to 4", "100 50 to 4"],
    ["0.000001 40 to 4", "0.01 40 to 4", "100 40 to 4"],
  ]);
  expect(winnerOf(results, "val_loss")?.values).toMatchObject({ "optimizer.lr": 0.01 });
  expect(results.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const trial of trials) {
    expect(outcome.records.get(trial.key)).toMatchObject({ finished: true, evaluations: await alone(trial) });
  }
  expect(memory.states.size).toBe(0);
  // What is kept reads back, and nothing runs again.
  const again = await sweepOf(["lr=1e-6,0.01,100", "batch_size=50,40"], {}, memory);
  expect(again.groups).toEqual([]);
  expect(again.results).toEqual(results);
});

test("successive halving stops the worst, and those that go on have the bits of an unbroken run", async () => {
  const vary = ["lr=1e-6,1e-5,0.003,0.01", "seed=1,2"];
  const { trials, outcome, groups, results, memory } = await sweepOf(vary, { halving: { eta: 2, min_epochs: 1 } });
  expect(groups.map((group) => group.length)).toEqual([8, 4, 2]);
  expect(results.map(({ fate }) => fate)).toEqual([...Array(2).fill("done"), ...Array(6).fill("stopped")]);
  // The two rates that hardly move stop at the first rung.
  for (const { values, epochs } of results) {
    if (Number(values["optimizer.lr"]) < 1e-4) expect(epochs).toBe(1);
  }
  expect(memory.states.size).toBe(0);
  for (const trial of trials) {
    const { evaluations = [] } = outcome.records.get(trial.key) ?? {};
    expect(evaluations).toEqual((await alone(trial)).slice(0, evaluations.length));
  }
  // Resumed, the sweep knows what it had decided.
  const again = await sweepOf(vary, { halving: { eta: 2, min_epochs: 1 } }, memory);
  expect(again.groups).toEqual([]);
  expect(again.results).toEqual(results);
  // Without halving those that were stopped begin again, as their state is gone.
  const full = await sweepOf(vary, {}, memory);
  expect(full.groups.map((group) => group.length)).toEqual([6]);
  for (const trial of trials) expect(full.outcome.records.get(trial.key)?.evaluations).toEqual(await alone(trial));
});

test("a sweep that is stopped goes on to the bits of an unbroken one", async () => {
  const vary = ["lr=0.001,0.003,0.01", "batch_size=50,40"];
  const halving = { eta: 3, min_epochs: 2 };
  const recipe = { optimizer: { name: "momentum" }, early_stopping: { patience: 2 } } satisfies RecipeInput;
  const whole = await sweepOf(vary, { halving, recipe });
  const memory = memoryStore();
  const reason = new Error("stopped");
  let stops = 0;
  // Stopped in the middle of each leg, after its first evaluation, until it comes to its end.
  for (;;) {
    const controller = new AbortController();
    const observer: SweepObserver = {
      onRecords: (_, isKept) => {
        if (!isKept && stops < 6) controller.abort(reason);
      },
    };
    try {
      const { outcome, results } = await sweepOf(
        vary,
        { halving, recipe, observer, signal: controller.signal },
        memory,
      );
      expect(evaluationsOf(outcome.records)).toEqual(evaluationsOf(whole.outcome.records));
      expect(results.map(({ values, fate, val_loss }) => [values, fate, val_loss])).toEqual(
        whole.results.map(({ values, fate, val_loss }) => [values, fate, val_loss]),
      );
      break;
    } catch (error) {
      if (error !== reason) throw error;
      stops++;
    }
  }
  expect(stops).toBe(6);
  expect(memory.states.size).toBe(0);
});

test("a trial that early stopping ends before a rung is finished there", async () => {
  const recipe = { epochs: 8, early_stopping: { patience: 1 } } satisfies RecipeInput;
  const { trials, outcome, groups } = await sweepOf(["lr=0.003,100"], { recipe, halving: { eta: 2, min_epochs: 6 } });
  const [, diverged] = trials.map(({ key }) => outcome.records.get(key));
  expect(groups).toEqual([["0.003 to 6", "100 to 6"], ["0.003 to 8"]]);
  expect(diverged?.finished).toBe(true);
  expect(diverged?.evaluations.length).toBeLessThan(6);
  for (const trial of trials) expect(outcome.records.get(trial.key)?.evaluations).toEqual(await alone(trial));
});

test("members that the device does not carry run in turn", async () => {
  const { groups } = await sweepOf(["lr=0.001,0.003,0.01"], { members: 2, recipe: { epochs: 1 } });
  expect(groups).toEqual([["0.001 to 1", "0.003 to 1"], ["0.01 to 1"]]);
});
