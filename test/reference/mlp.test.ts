import { describe, expect, test } from "vitest";
import { expectClose, expectCloseToScale } from "./close.ts";
import { goldenPath, readMnist, readRuns, readSafetensors, readU32 } from "./files.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { type Layer, mlpInit, mlpStep } from "./mlp.ts";
import { type Hyper, referenceOptimizer } from "./optimizers.ts";
import { integers, uniform } from "./random.ts";

describe.each([{ hidden: [] }, { hidden: [5] }, { hidden: [6, 4] }, { hidden: [5, 3, 4] }])(
  "hidden layers $hidden",
  ({ hidden }) => {
    const layers = mlpInit([7, ...hidden, 3], 11);
    const x = uniform(8 * 7, 1);
    const labels = integers(8, 2, 3);
    const { gradients } = mlpStep(layers, x, labels);
    const loss = () => mlpStep(layers, x, labels).mean;

    test.each([...layers.keys()])("gradients of layer %i, against central differences", (l) => {
      const { weight, bias } = layers[l] as Layer;
      expectClose(gradients[l]?.weight ?? [], finiteDifferences(loss, weight), { absolute: 1e-9 }, "weight");
      expectClose(gradients[l]?.bias ?? [], finiteDifferences(loss, bias), { absolute: 1e-9 }, "bias");
    });
  },
);

describe("the golden network, 784-128-64-10 on MNIST", () => {
  const golden = readRuns("mlp");
  const order = readU32(goldenPath("mlp/order.u32"));
  const mnist = readMnist("train");

  function start(): Layer[] {
    const tensors = readSafetensors(goldenPath("mlp/init.safetensors"));
    return ["fc1", "fc2", "fc3"].map((name) => {
      const weight = tensors[`${name}.weight`];
      const bias = tensors[`${name}.bias`];
      const [outputs = 0, inputs = 0] = weight?.shape ?? [];
      return {
        inputs,
        outputs,
        weight: Float64Array.from(weight?.data ?? []),
        bias: Float64Array.from(bias?.data ?? []),
      };
    });
  }

  function batch(step: number): { x: Float64Array; labels: Uint8Array } {
    const samples = order.subarray(step * golden.batch_size, (step + 1) * golden.batch_size);
    const x = new Float64Array(samples.length * 784);
    samples.forEach((sample, row) => {
      for (let i = 0; i < 784; i++) x[row * 784 + i] = ((mnist.images[sample * 784 + i] as number) / 255 - 0.5) / 0.5;
    });
    return { x, labels: Uint8Array.from(samples, (sample) => mnist.labels[sample] as number) };
  }

  test("first gradients are PyTorch's, to the rounding of float32", () => {
    const { x, labels } = batch(0);
    const { gradients } = mlpStep(start(), x, labels);
    const expected = readSafetensors(goldenPath("mlp/grads.safetensors"));
    for (const [l, { weight, bias }] of gradients.entries()) {
      expectCloseToScale(weight, expected[`fc${l + 1}.weight`]?.data ?? [], 1e-7, `fc${l + 1}.weight`);
      expectCloseToScale(bias, expected[`fc${l + 1}.bias`]?.data ?? [], 1e-7, `fc${l + 1}.bias`);
    }
  });

  test.each(golden.runs)("losses of the first steps with $downhill.name", ({ downhill, losses }) => {
    const { name, ...hyper } = downhill;
    const optimizer = referenceOptimizer(name);
    const layers = start();
    const tensors = layers.flatMap(({ weight, bias }) => [weight, bias]);
    const states = tensors.map((tensor) => optimizer.init(tensor.length, hyper as Hyper));
    const steps = 5;
    const got: number[] = [];
    for (let step = 0; step < steps; step++) {
      const { x, labels } = batch(step);
      const { mean, gradients } = mlpStep(layers, x, labels);
      got.push(mean);
      const grads = gradients.flatMap(({ weight, bias }) => [weight, bias]);
      for (const [i, tensor] of tensors.entries()) {
        optimizer.step(tensor, grads[i] as Float64Array, states[i] ?? {}, hyper as Hyper, step + 1);
      }
    }
    expect(got).toHaveLength(steps);
    expectClose(got, losses.slice(0, steps), { relative: 1e-10 }, "loss");
  });
});
