import { expect, test } from "vitest";
import { evaluationsAt } from "../../../src/lab/sweep/leg.ts";

test("of evaluations that are made again none counts twice", () => {
  const all = [5, 10, 15].map((step, i) => ({ epoch: i + 1, step, train_loss: 0, val_loss: 0, val_accuracy: 0 }));
  const at = (step: number, evaluated: boolean) => evaluationsAt(all, step, evaluated).map(({ epoch }) => epoch);
  expect([at(15, true), at(15, false), at(12, false), at(10, true), at(3, true)]).toEqual([
    [1, 2, 3],
    [1, 2],
    [1, 2],
    [1, 2],
    [],
  ]);
});
