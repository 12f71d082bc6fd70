import type { Dataset } from "../../data/dataset.ts";
import { type Gpu, openGpu } from "../../gpu/device.ts";
import { withRate } from "../pageRecipe.ts";
import type { Report } from "../protocol.ts";
import { loadMnist } from "./data.ts";
import type { Entry, Lab } from "./entries.ts";
import { createInsight } from "./insight.ts";
import { openRun, type Run } from "./run.ts";

/** Milliseconds that a run trains before the next one's turn. */
const TURN = 120;
/** Evaluation between epochs takes at most one part in so many of the time, and so do checkpoints. */
const EVALUATION_SHARE = 6;
const CHECKPOINT_SHARE = 20;
const LEAST_BETWEEN = 250;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function createLab(post: (report: Report) => void): Lab {
  const entries = new Map<string, Entry>();
  let [adapter, base] = ["auto", ""];
  let gpu: Gpu | undefined;
  let dataset: Dataset | undefined;
  let isLost = false;

  const openDevice = async () => {
    const opened = await openGpu(adapter);
    gpu = opened;
    isLost = false;
    void opened.device.lost.then(() => {
      if (gpu === opened) isLost = true;
    });
    dataset ??= await loadMnist(base);
    const { name, kind } = opened.adapter;
    post({
      type: "ready",
      adapter: { name, kind },
      ...(opened.note !== undefined && { note: opened.note }),
      trainCount: dataset.train.count,
      testCount: dataset.test.count,
    });
  };
  const close = (entry: Entry) => {
    entry.insight?.destroy();
    entry.run?.destroy();
    entry.insight = undefined;
    entry.run = undefined;
  };
  const fail = (entry: Entry, error: unknown) => {
    close(entry);
    entry.failed = true;
    post({ type: "failed", id: entry.id, message: messageOf(error) });
  };
  /** Runs work of one run: its own faults end it alone, a lost device is the caller's affair. */
  const guarded = async <T>(entry: Entry, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      // The device's loss may be told a moment after the call that failed for it.
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (isLost) throw error;
      fail(entry, error);
      return undefined;
    }
  };
  const evaluate = async (entry: Entry, run: Run) => {
    const begun = performance.now();
    const result = run.isEpochOver ? await run.endEpoch() : await run.evaluate();
    entry.evaluatedAt = performance.now();
    entry.evaluationCost = entry.evaluatedAt - begun;
    const last = run.events.at(-1);
    post({
      type: "evaluated",
      id: entry.id,
      ...result,
      losses: [...result.losses],
      accuracies: [...result.accuracies],
      done: run.isDone,
      ...(last?.event === "done" && last.ensemble?.accuracy !== undefined && { ensemble: last.ensemble.accuracy }),
    });
  };
  const save = async (entry: Entry, run: Run) => {
    const begun = performance.now();
    const contents = await run.checkpoint();
    entry.from = { file: `the checkpoint of run ${entry.id}`, contents };
    entry.events = [...run.events];
    entry.savedAt = performance.now();
    entry.saveCost = entry.savedAt - begun;
    return contents;
  };
  const ready = async (entry: Entry) => {
    if (entry.run) return entry.run;
    const [device, data] = [gpu, dataset];
    if (!device || !data || entry.failed) return undefined;
    return guarded(entry, async () => {
      const run = await openRun(device, data, entry.recipe, entry.from, entry.events);
      entry.run = run;
      entry.insight = createInsight(device, data, run);
      const { plan } = run.session;
      const sizes = plan.model.arena.tensors.map(({ rows, columns }) => rows * columns);
      post({
        type: "opened",
        id: entry.id,
        step: run.step,
        steps: plan.steps,
        stepsPerEpoch: plan.stepsPerEpoch,
        members: plan.members.length,
        parameters: sizes.reduce((sum, size) => sum + size, 0),
        kernels: plan.tiling,
        ...(plan.note !== undefined && { note: plan.note }),
      });
      // A checkpoint from elsewhere shows what it is worth at once.
      if (entry.from) await evaluate(entry, run);
      else await save(entry, run);
      return run;
    });
  };
  const advance = async (entry: Entry, run: Run, most: number, milliseconds: number) => {
    if (run.isDone) return;
    if (!run.isEpochOver) {
      const { first, losses, rates, seconds, samples } = await run.train(most, milliseconds);
      post({ type: "trained", id: entry.id, first, losses, rates, seconds, samples });
      // A forward pass is a third of a step's work: what the first evaluation will take, about.
      entry.evaluationCost ||= (run.session.plan.data.testCount * 1000 * seconds) / (3 * samples);
    }
    const now = performance.now();
    if (run.isEpochOver) await evaluate(entry, run);
    else if (now - entry.evaluatedAt > Math.max(LEAST_BETWEEN, EVALUATION_SHARE * entry.evaluationCost)) {
      await evaluate(entry, run);
    }
    if (run.isDone || performance.now() - entry.savedAt > Math.max(2000, CHECKPOINT_SHARE * entry.saveCost)) {
      await save(entry, run);
    }
  };

  return {
    entries,
    isPlaying: false,
    get gpu() {
      return gpu;
    },
    get dataset() {
      return dataset;
    },
    get isLost() {
      return isLost;
    },
    async open(wanted, page) {
      [adapter, base] = [wanted, page];
      try {
        await openDevice();
      } catch (error) {
        post({ type: "unavailable", message: messageOf(error) });
      }
    },
    set(id, recipe, from) {
      const old = entries.get(id);
      if (old) close(old);
      const costs = { evaluatedAt: performance.now(), evaluationCost: 0, savedAt: 0, saveCost: 0 };
      entries.set(id, { id, recipe, from, failed: false, events: [], ...costs });
    },
    remove(id) {
      const entry = entries.get(id);
      if (entry) close(entry);
      entries.delete(id);
    },
    setRate(id, lr) {
      const entry = entries.get(id);
      if (!entry) return;
      entry.recipe = withRate(entry.recipe, lr);
      entry.run?.setRate(lr);
    },
    ready,
    async turn() {
      // By the share of the run that is done, so that all come to their end together.
      const open = [...entries.values()].filter(({ failed, run }) => !failed && !run?.isDone);
      const shareOf = ({ run }: Entry) => (run ? run.step / run.session.plan.stepsPerEpoch : -1);
      const [next] = open.sort((a, b) => shareOf(a) - shareOf(b));
      if (!next) return false;
      const run = await ready(next);
      if (run) await guarded(next, () => advance(next, run, Number.POSITIVE_INFINITY, TURN));
      return true;
    },
    async step(entry) {
      const run = await ready(entry);
      if (run) await guarded(entry, () => advance(entry, run, 1, TURN));
    },
    async recover() {
      post({ type: "lost", message: "The GPU device was lost." });
      for (const entry of entries.values()) close(entry);
      gpu = undefined;
      for (let attempt = 1; ; attempt++) {
        try {
          await openDevice();
          return;
        } catch (error) {
          if (attempt === 4) {
            post({ type: "unavailable", message: messageOf(error) });
            return;
          }
          await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
        }
      }
    },
    save: async (entry) => {
      const run = await ready(entry);
      return run && guarded(entry, () => save(entry, run));
    },
  };
}
