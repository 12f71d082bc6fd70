import { expect, test } from "vitest";
import { parseRecipe } from "../../src/train/recipe.ts";
import type { Report, Request } from "../../src/web/protocol.ts";
import { createState } from "../../src/web/state.ts";

/** A page without elements, and what it asked the worker for. */
function page() {
  const sent: Request[] = [];
  const state = createState({ send: (request) => sent.push(request), file: () => {}, digit: () => {} });
  return { state, sent, types: () => sent.map(({ type }) => type) };
}
const opened = (id: string, step = 0) =>
  ({
    type: "opened",
    id,
    step,
    steps: 1200,
    stepsPerEpoch: 600,
    members: 1,
    parameters: 10,
    kernels: "plain",
  }) as const;
const trained = (id: string, first: number, losses: number[]): Report => ({
  type: "trained",
  ...{ id, first, losses: Float32Array.from(losses), rates: new Float32Array(losses.length) },
  ...{ seconds: 1, samples: 100 * losses.length },
});

test("up to six runs, each with a look of its own, which is free again when it goes", () => {
  const { state } = page();
  state.replace([{}, {}, {}, {}, {}, {}]);
  expect(state.runs.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(state.add({})).toBeUndefined();
  expect(state.notice?.text).toContain("at most 6 runs");
  state.remove(state.runs[2]?.id ?? "");
  expect(state.add({})?.place).toBe(2);
});

test("another learning rate goes on, any other setting starts the run anew", () => {
  const { state, sent } = page();
  state.replace([{}]);
  const { id } = state.runs[0] ?? { id: "" };
  state.receive(opened(id));
  state.receive(trained(id, 1, [2, 1]));
  sent.length = 0;
  state.edit(id, { optimizer: { name: "adam", lr: 0.01 } });
  expect(sent).toEqual([{ type: "rate", id, lr: 0.01 }]);
  expect(state.runs[0]?.history.step).toBe(2);
  state.edit(id, { optimizer: { name: "adam", lr: 0.01 }, hidden: [32] });
  expect(sent.at(-1)).toMatchObject({ type: "set", id, recipe: { hidden: [32] } });
  expect(state.runs[0]?.history.step).toBe(0);
});

test("a setting that is not valid is refused, and the run stays as it is", () => {
  const { state, sent } = page();
  state.replace([{}]);
  sent.length = 0;
  expect(() => state.edit(state.runs[0]?.id ?? "", { dropout: 2 })).toThrow("dropout: must be");
  expect(state.runs[0]?.recipe).toEqual(parseRecipe({}));
  expect(sent).toEqual([]);
});

test("a run that goes on from a checkpoint after a loss of the device forgets the steps since", () => {
  const { state } = page();
  state.replace([{}]);
  const { id } = state.runs[0] ?? { id: "" };
  state.receive(opened(id));
  state.receive(trained(id, 1, [3, 2, 1]));
  state.receive({ type: "lost", message: "gone." });
  expect(state.device.state).toBe("lost");
  state.receive(opened(id, 2));
  expect(state.runs[0]?.history.losses("steps", 600, 0).x).toEqual([1, 2]);
});

test("training starts anew once all is done", () => {
  const { state, types } = page();
  state.replace([{}]);
  const { id } = state.runs[0] ?? { id: "" };
  state.receive({ type: "evaluated", id, step: 1200, losses: [0.1], accuracies: [0.97], done: true });
  expect(state.runs[0]?.status).toBe("done");
  state.play();
  expect(types().slice(-2)).toEqual(["set", "play"]);
  expect(state.isPlaying).toBe(true);
});

test("reports of runs that are gone change nothing", () => {
  const { state } = page();
  state.replace([]);
  state.receive(trained("run9", 1, [1]));
  expect(state.runs).toEqual([]);
});
