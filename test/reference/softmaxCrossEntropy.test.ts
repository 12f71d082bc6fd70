import { expect, test } from "vitest";
import { expectClose } from "./close.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { integers, uniform } from "./random.ts";
import { softmaxCrossEntropy } from "./softmaxCrossEntropy.ts";

test("dlogits is the gradient of the mean loss", () => {
  const logits = uniform(6 * 10, 1, 3);
  const labels = integers(6, 2, 10);
  const { dlogits } = softmaxCrossEntropy(logits, labels, 10);
  const numeric = finiteDifferences(() => softmaxCrossEntropy(logits, labels, 10).mean, logits);
  expectClose(dlogits, numeric, { absolute: 1e-9 }, "dlogits");
});

test("equal logits cost log(classes); the mean is over the rows", () => {
  const { losses, mean } = softmaxCrossEntropy(new Float64Array(20), [3, 7], 10);
  expectClose(losses, [Math.log(10), Math.log(10)], { relative: 1e-15 }, "losses");
  expect(mean).toBeCloseTo(Math.log(10), 14);
});

test("dlogits is divided by the batch, of which the rows may be a chunk", () => {
  const logits = uniform(4 * 3, 1);
  const labels = [0, 1, 2, 0];
  const whole = softmaxCrossEntropy(logits, labels, 3);
  const chunk = softmaxCrossEntropy(logits.subarray(6), labels.slice(2), 3, 4);
  expect([...chunk.dlogits]).toEqual([...whole.dlogits.subarray(6)]);
});

test("of equal largest logits the first is the prediction", () => {
  const logits = Float64Array.of(0, 5, 5, 5, 0, 5);
  expect(softmaxCrossEntropy(logits, [1, 0], 3).hits).toBe(2);
  expect(softmaxCrossEntropy(logits, [2, 2], 3).hits).toBe(0);
});

test("stable for logits of any size, and a shift of a row changes nothing", () => {
  const { losses, dlogits } = softmaxCrossEntropy(Float64Array.of(1e4, 0, -1e4, 1e4), [1, 1], 2);
  expect([...losses]).toEqual([1e4, 0]);
  expect([...dlogits]).toEqual([0.5, -0.5, 0, 0]);
});
