import { describe, expect, test } from "vitest";
import { expectClose } from "./close.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { type Network, networkStep, type Tensors } from "./network.ts";
import { integers, uniform } from "./random.ts";

const widths = [5, 4, 3, 3];
const rows = 6;
const x = uniform(rows * 5, 1);
const labels = integers(rows, 2, 3);

/** Random parameters of a network. */
function paramsOf(norm?: Network["norm"]): Tensors {
  const params: Tensors = {};
  for (let i = 1; i < widths.length; i++) {
    const [inputs = 0, outputs = 0] = widths.slice(i - 1);
    params[`fc${i}.weight`] = uniform(inputs * outputs, 10 * i);
    params[`fc${i}.bias`] = uniform(outputs, 10 * i + 1);
    if (!norm || i + 1 === widths.length) continue;
    const name = `${norm === "batch" ? "bn" : "ln"}${i}`;
    params[`${name}.weight`] = uniform(outputs, 10 * i + 2).map((value) => 1 + value / 2);
    params[`${name}.bias`] = uniform(outputs, 10 * i + 3);
  }
  return params;
}

const mask = (layer: number, row: number, column: number) => ((7 * layer + 3 * row + column) % 3 === 0 ? 0 : 1.5);

describe.each<Omit<Network, "widths">>([
  { activation: "tanh", norm: "batch" },
  { activation: "gelu", norm: "layer" },
  { activation: "silu", mask },
  { activation: "softplus", norm: "batch", mask, smoothing: 0.1 },
  { activation: "mish", norm: "layer", mask, smoothing: 0.3 },
])("%j", (options) => {
  const network = { ...options, widths };
  const params = paramsOf(options.norm);
  const { gradients } = networkStep(network, params, x, labels);

  test.each(Object.keys(params))("gradient of %s, against central differences", (name) => {
    const numeric = finiteDifferences(() => networkStep(network, params, x, labels).loss, params[name] as Float64Array);
    expectClose(gradients[name] ?? [], numeric, { absolute: 1e-8 }, name);
  });
});

test("batch norm gives columns of mean 0 and variance 1, and unbiased variances of the batch", () => {
  const { statistics } = networkStep({ widths, activation: "relu", norm: "batch" }, paramsOf("batch"), x, labels);
  const z = Array.from({ length: rows }, (_, r) => {
    const { "fc1.weight": weight = [], "fc1.bias": bias = [] } = paramsOf() as Record<string, Float64Array>;
    return x
      .subarray(5 * r, 5 * r + 5)
      .reduce((sum, value, i) => sum + value * (weight[i] as number), bias[0] as number);
  });
  const mean = z.reduce((sum, value) => sum + value, 0) / rows;
  expect(statistics["bn1.mean"]?.[0]).toBeCloseTo(mean, 12);
  const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (rows - 1);
  expect(statistics["bn1.var"]?.[0]).toBeCloseTo(variance, 12);
});
