import { expect, test } from "vitest";
import { PURPOSE, purposeFor, random4, uniform01 } from "../../src/data/random.ts";
import { initNetwork } from "../../src/nn/init/network.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { readTensor } from "../../src/nn/tensors.ts";
import { expectCloseToScale } from "../reference/close.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

const model = mlp([30, 65, 3], "relu");
const { tensors, stride } = model.arena;
const inputsOf = (index: number) => (index < 2 ? 30 : 65);

/** The start of a population: each member's part of the arena. */
async function start({ arena, ...network }: typeof model, seeds: readonly number[]): Promise<Float32Array[]> {
  const dispatches = initNetwork({ arena, ...network }, seeds.length, { name: "default" });
  const { params } = await runDispatch(await gpuOf(), dispatches, stepOf(1), {
    seeds: Uint32Array.from(seeds),
    params: new Float32Array(seeds.length * arena.stride),
  });
  return seeds.map((_, m) => new Float32Array(params as ArrayBuffer, 4 * m * arena.stride, arena.stride));
}

test("every value is bound (2 u - 1), u the uniform number of its seed, tensor and place", async () => {
  const seeds = [7, 0xffffffff];
  const parts = await start(model, seeds);
  seeds.forEach((seed, m) => {
    for (const [index, tensor] of tensors.entries()) {
      const got = readTensor(parts[m] as Float32Array, tensor);
      const bound = 1 / Math.sqrt(inputsOf(index));
      const expected = Float64Array.from(got, (_, i) => {
        const [bits] = random4(seed, purposeFor(PURPOSE.init, index), 0, i);
        return bound * (2 * uniform01(bits) - 1);
      });
      // One rounding of the bound and one of the product.
      expectCloseToScale(got, expected, 2 ** -23, `${tensor.name} of seed ${seed}`);
    }
  });
});

test("pads, and what lies behind the last tensor, stay 0", async () => {
  const [part] = (await start(model, [1])) as [Float32Array];
  const values = tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  expect(part.length).toBe(stride);
  expect(part.filter((value) => value !== 0)).toHaveLength(values); // 2 u - 1 is 0 for one number in 2^24
});

test("members differ by seed, and each is that seed's start alone, bit for bit", async () => {
  const population = await start(model, [4, 5, 6]);
  for (const [m, seed] of [4, 5, 6].entries()) {
    const [alone] = await start(model, [seed]);
    expect(population[m]).toEqual(alone);
  }
  expect(population[0]).not.toEqual(population[1]);
});

test("the numbers fill their range evenly, and no tensor repeats another's", async () => {
  const { arena, ...network } = mlp([784, 100, 100], "relu");
  const [part] = (await start({ arena, ...network }, [0])) as [Float32Array];
  const [first, , second] = arena.tensors.map((tensor) => readTensor(part, tensor)) as [
    Float32Array,
    unknown,
    Float32Array,
  ];
  for (const [values, inputs] of [
    [first, 784],
    [second, 100],
  ] as const) {
    const scaled = values.map((value) => value * Math.sqrt(inputs));
    const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
    const variance = scaled.reduce((sum, value) => sum + value ** 2, 0) / scaled.length - mean ** 2;
    // Uniform in [-1, 1): mean 0, variance 1/3 and fourth moment 1/5; four standard errors.
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(1 / 3 / scaled.length));
    expect(Math.abs(variance - 1 / 3)).toBeLessThan(4 * Math.sqrt((1 / 5 - 1 / 9) / scaled.length));
    expect(Math.max(...scaled)).toBeGreaterThan(0.999);
    expect(Math.min(...scaled)).toBeLessThan(-0.999);
  }
  const correlation =
    second.reduce((sum, value, i) => sum + value * (first[i] as number), 0) * Math.sqrt(784 * 100) * 3;
  expect(Math.abs(correlation / second.length)).toBeLessThan(4 / Math.sqrt(second.length));
});
