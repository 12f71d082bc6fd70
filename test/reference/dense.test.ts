import { describe, expect, test } from "vitest";
import { type Activation, activationBackward } from "./activation.ts";
import { expectClose } from "./close.ts";
import { denseBackwardBias, denseBackwardInput, denseBackwardWeight, denseForward } from "./dense.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { uniform } from "./random.ts";

test("forward by hand: y = relu(x W^T + b)", () => {
  const x = Float64Array.of(1, 2, 3, -1, 0, 1);
  const weight = Float64Array.of(1, 0, -1, 2, 1, 0);
  const bias = Float64Array.of(0.5, -1);
  const shape = { rows: 2, inputs: 3, outputs: 2 };
  expect([...denseForward(x, weight, bias, shape)]).toEqual([-1.5, 3, -1.5, -3]);
  expect([...denseForward(x, weight, bias, shape, "relu")]).toEqual([0, 3, 0, 0]);
});

describe.each<Activation>(["identity", "relu"])("backward behind %s, against central differences", (activation) => {
  const shape = { rows: 5, inputs: 7, outputs: 3 };
  const x = uniform(shape.rows * shape.inputs, 1);
  const weight = uniform(shape.outputs * shape.inputs, 2);
  const bias = uniform(shape.outputs, 3);
  const dy = uniform(shape.rows * shape.outputs, 4);
  const forward = () => denseForward(x, weight, bias, shape, activation);
  const objective = () => forward().reduce((sum, y, i) => sum + y * (dy[i] as number), 0);
  const dz = activationBackward(activation, dy, forward());

  test("input", () => {
    expectClose(denseBackwardInput(dz, weight, shape), finiteDifferences(objective, x), { absolute: 1e-9 }, "dx");
  });
  test("weight", () => {
    expectClose(denseBackwardWeight(dz, x, shape), finiteDifferences(objective, weight), { absolute: 1e-9 }, "dW");
  });
  test("bias", () => {
    expectClose(denseBackwardBias(dz, shape), finiteDifferences(objective, bias), { absolute: 1e-9 }, "db");
  });
});
