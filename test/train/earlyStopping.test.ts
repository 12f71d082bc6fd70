import { describe, expect, test } from "vitest";
import type { EvalEvent } from "../../src/io/runLog.ts";
import {
  decodeStopping,
  encodeStopping,
  observeEpoch,
  STOPPING_START,
  type StoppingState,
} from "../../src/train/earlyStopping.ts";
import { type EarlyStopping, earlyStoppingField } from "../../src/train/validationField.ts";

/** The states after epochs with these figures, and the epochs that were the best so far. */
function observe(figures: readonly number[], given: Partial<EarlyStopping> | undefined) {
  const setting = given && earlyStoppingField.parse(given);
  const monitor = setting?.monitor ?? "val_loss";
  const states: StoppingState[] = [];
  const improved: number[] = [];
  for (const [i, figure] of figures.entries()) {
    const others = { train_loss: 5, test_loss: 5, test_accuracy: 0.5, val_loss: 5, val_accuracy: 0.5 };
    const event: EvalEvent = {
      event: "eval",
      epoch: i + 1,
      step: 10 * (i + 1),
      model: 0,
      ...others,
      [monitor]: figure,
    };
    const after = observeEpoch(setting, states.at(-1) ?? STOPPING_START, event);
    states.push(after.state);
    if (after.improved) improved.push(i + 1);
  }
  const stopped = states.findIndex((state) => state.stopped) + 1;
  return { states, improved, best: states.at(-1)?.best?.epoch, stopped: stopped || undefined };
}

describe("early stopping", () => {
  test("stops after `patience` epochs in a row without a better figure", () => {
    const figures = [3, 2, 2.5, 1.5, 1.6, 1.7, 1.8];
    expect(observe(figures, { patience: 3 })).toMatchObject({ improved: [1, 2, 4], best: 4, stopped: 7 });
    expect(observe(figures, { patience: 4 }).stopped).toBeUndefined();
    expect(observe(figures, { patience: 1 }).stopped).toBe(3);
  });

  test("an equal figure is no better one", () => {
    expect(observe([1, 1, 1], { patience: 2 })).toMatchObject({ improved: [1], best: 1, stopped: 3 });
  });

  test("a larger accuracy is better", () => {
    const monitor = "val_accuracy";
    expect(observe([0.5, 0.7, 0.6, 0.7], { monitor, patience: 2 })).toMatchObject({ improved: [1, 2], stopped: 4 });
  });

  test("small gains reset patience once they add up to more than min_delta, and the best weights are the best ones", () => {
    // 1.0 -> 0.75 is 0.25 below the reference, more than 0.2; the steps between are not.
    const figures = [1, 0.875, 0.75, 0.625];
    expect(observe(figures, { patience: 2, min_delta: 0.2 })).toMatchObject({ improved: [1, 2, 3, 4], best: 4 });
    expect(observe(figures, { patience: 2, min_delta: 0.2 }).stopped).toBeUndefined();
    expect(observe(figures, { patience: 2, min_delta: 0.25 })).toMatchObject({ best: 4, stopped: 3 });
  });

  test("no number is worse than any, but the first epoch counts in any case", () => {
    expect(observe([Number.NaN, Number.NaN, Number.NaN], { patience: 2 })).toMatchObject({ best: 1, stopped: 3 });
    expect(observe([Number.NaN, 9, Number.NaN, Number.POSITIVE_INFINITY], { patience: 9 })).toMatchObject({ best: 2 });
  });

  test("without a setting the best is known, and nothing stops", () => {
    const figures = Array.from({ length: 50 }, (_, i) => 1 + i);
    expect(observe(figures, undefined)).toMatchObject({ improved: [1], best: 1, stopped: undefined });
  });
});

test("states read back from JSON as they were", () => {
  const { states } = observe([Number.NaN, 0.1 + 0.2, Number.NEGATIVE_INFINITY, 3], { patience: 2, min_delta: 1e-3 });
  expect(decodeStopping(encodeStopping(states), "file")).toEqual(states);
  expect(() => decodeStopping('[{"waited":1}]', "some.safetensors")).toThrow(
    "some.safetensors: the state of its early",
  );
});
