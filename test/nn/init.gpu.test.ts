import { describe, expect, test } from "vitest";
import { type InitSetting, initNetwork } from "../../src/nn/init/network.ts";
import { findInit, inits } from "../../src/nn/init/registry.ts";
import { type MlpOptions, mlp } from "../../src/nn/mlp.ts";
import { readTensor } from "../../src/nn/tensors.ts";
import { expectClose } from "../reference/close.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();

/** A network's start by member and tensor. */
async function start(setting: InitSetting, widths: readonly number[], seeds: readonly number[], options?: MlpOptions) {
  const { name, ...given } = setting;
  const parameters = findInit(name)?.parameters.parse(given);
  const model = mlp(widths, "relu", options);
  const { stride, tensors } = model.arena;
  const { params } = await runDispatch(
    await gpuOf(),
    initNetwork(model, seeds.length, { name, ...parameters }),
    stepOf(1),
    { seeds: Uint32Array.from(seeds), params: new Float32Array(seeds.length * stride) },
  );
  return seeds.map((_, m) => {
    const part = new Float32Array(params as ArrayBuffer, 4 * m * stride, stride);
    const own = new Map(tensors.map((tensor) => [tensor.name, readTensor(part, tensor)]));
    const count = [...own.values()].reduce((sum, values) => sum + values.filter((value) => value !== 0).length, 0);
    expect(part.filter((value) => value !== 0)).toHaveLength(count); // pads are 0
    return own;
  });
}

const get = (tensors: ReadonlyMap<string, Float32Array> | undefined, name: string) =>
  tensors?.get(name) as Float32Array;

/** Variance, and the fourth moment in units of its square, of each distribution. */
const UNIFORM = 9 / 5;
const NORMAL = 3;
/** Of a normal number cut at two deviations: its variance, and the same ratio. */
const CUT_VARIANCE = 0.7737413035499232;
const CUT = 2.37;
const [INPUTS, OUTPUTS] = [203, 150];

describe.each<[InitSetting, number, number, number]>([
  [{ name: "default" }, 1 / (3 * INPUTS), UNIFORM, Math.sqrt(3)],
  [{ name: "xavier_uniform" }, 2 / (INPUTS + OUTPUTS), UNIFORM, Math.sqrt(3)],
  [{ name: "xavier_uniform", gain: 3 }, 18 / (INPUTS + OUTPUTS), UNIFORM, Math.sqrt(3)],
  [{ name: "xavier_normal" }, 2 / (INPUTS + OUTPUTS), NORMAL, 6],
  [{ name: "kaiming_uniform" }, 2 / INPUTS, UNIFORM, Math.sqrt(3)],
  [{ name: "kaiming_normal" }, 2 / INPUTS, NORMAL, 6],
  [{ name: "kaiming_normal", gain: 1 }, 1 / INPUTS, NORMAL, 6],
  [{ name: "lecun_normal" }, 1 / INPUTS, NORMAL, 6],
  [{ name: "truncated_normal" }, CUT_VARIANCE * 0.02 ** 2, CUT, 2 / Math.sqrt(CUT_VARIANCE)],
  [{ name: "truncated_normal", std: 0.5 }, CUT_VARIANCE * 0.5 ** 2, CUT, 2 / Math.sqrt(CUT_VARIANCE)],
])("%j", (setting, variance, fourth, furthest) => {
  test("has its mean, its variance and its ends; biases are 0 but for the default", async () => {
    const [tensors] = await start(setting, [INPUTS, OUTPUTS], [1]);
    const weights = get(tensors, "fc1.weight");
    const scaled = Array.from(weights, (value) => value / Math.sqrt(variance));
    const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
    const square = scaled.reduce((sum, value) => sum + value ** 2, 0) / scaled.length;
    // Four standard errors.
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(scaled.length));
    expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt((fourth - 1) / scaled.length));
    const largest = Math.max(...scaled.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(furthest * (1 + 1e-6));
    expect(largest).toBeGreaterThan(Math.min(furthest, 3.3) * 0.999);
    expect(get(tensors, "fc1.bias").some((value) => value !== 0)).toBe(setting.name === "default");
  });
});

test("normal numbers have a normal share within one deviation, and neighbours are independent", async () => {
  const [tensors] = await start({ name: "lecun_normal" }, [400, 100], [1]);
  const z = get(tensors, "fc1.weight").map((value) => value * 20);
  const share = z.filter((value) => Math.abs(value) < 1).length / z.length;
  expect(Math.abs(share - 0.6826894921)).toBeLessThan(4 * Math.sqrt((0.6827 * 0.3173) / z.length));
  const product = z.reduce((sum, value, i) => sum + value * (z[i - 1] ?? 0), 0) / z.length;
  expect(Math.abs(product)).toBeLessThan(4 / Math.sqrt(z.length));
});

describe("orthogonal", () => {
  test.each([
    [40, 5, 1],
    [5, 40, 1],
    [131, 131, 2],
    [300, 130, 1],
    [1, 7, 1],
  ])("%i inputs, %i outputs, gain %i", async (inputs, outputs, gain) => {
    const tensors = await start({ name: "orthogonal", gain }, [inputs, outputs], [1, 2]);
    const [count, length] = [Math.min(inputs, outputs), Math.max(inputs, outputs)];
    for (const own of tensors) {
      const weights = get(own, "fc1.weight");
      const at = (vector: number, e: number) =>
        weights[outputs <= inputs ? vector * inputs + e : e * inputs + vector] as number;
      for (let i = 0; i < count; i++) {
        const products = Array.from({ length: i + 1 }, (_, j) => {
          let sum = 0;
          for (let e = 0; e < length; e++) sum += at(i, e) * at(j, e);
          return sum;
        });
        const expected = products.map((_, j) => (j === i ? gain ** 2 : 0));
        // Rounding of some hundred additions; gain squared.
        expectClose(products, expected, { absolute: 3e-6 * gain ** 2 }, `products of vector ${i}`);
      }
    }
    expect([...get(tensors[0], "fc1.weight")]).not.toEqual([...get(tensors[1], "fc1.weight")]);
  });

  test("its entries vary like those of a random rotation", async () => {
    const [tensors] = await start({ name: "orthogonal" }, [200, 100], [3]);
    const scaled = get(tensors, "fc1.weight").map((value) => value * Math.sqrt(200));
    const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
    const fourth = scaled.reduce((sum, value) => sum + value ** 4, 0) / scaled.length;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(scaled.length));
    expect(Math.abs(fourth - NORMAL)).toBeLessThan(4 * Math.sqrt(96 / scaled.length));
  });
});

test("zeros and constant fill the weights", async () => {
  const [zeros] = await start({ name: "zeros" }, [5, 3, 2], [1]);
  for (const values of zeros?.values() ?? []) expect(values.every((value) => value === 0)).toBe(true);
  const [constant] = await start({ name: "constant", value: 0.25 }, [5, 3, 2], [1]);
  for (const [name, values] of constant ?? []) {
    expect(values.every((value) => value === (name.endsWith("weight") ? 0.25 : 0))).toBe(true);
  }
});

test.each(["batch", "layer"] as const)("%s norm starts with weights of 1 and biases of 0", async (norm) => {
  const [tensors] = await start({ name: "kaiming_normal" }, [5, 3, 2], [1], { norm });
  const name = norm === "batch" ? "bn1" : "ln1";
  expect([...get(tensors, `${name}.weight`)]).toEqual([1, 1, 1]);
  expect([...get(tensors, `${name}.bias`)]).toEqual([0, 0, 0]);
});

test.each(inits)(
  "$name: members have the start of their seed alone, bit for bit, and layers differ",
  async ({ name }) => {
    const widths = [33, 33, 33];
    const together = await start({ name }, widths, [4, 5, 6]);
    const [alone] = await start({ name }, widths, [6]);
    for (const [tensor, values] of alone ?? []) expectSameBits(get(together[2], tensor), values, tensor);
    if (name === "zeros" || name === "constant") return;
    expect([...get(together[0], "fc1.weight")]).not.toEqual([...get(together[1], "fc1.weight")]);
    expect([...get(alone, "fc1.weight")]).not.toEqual([...get(alone, "fc2.weight")]);
  },
);
