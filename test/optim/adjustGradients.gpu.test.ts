import { expect, test } from "vitest";
import { normal4 } from "../../src/data/normal.ts";
import { PURPOSE, random4 } from "../../src/data/random.ts";
import type { StructValues } from "../../src/gpu/uniforms.ts";
import { layOut } from "../../src/nn/tensors.ts";
import { type Adjustment, adjustGradients, gradientDeviation } from "../../src/optim/adjustGradients.ts";
import { expectClose } from "../reference/close.ts";
import { concat, runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { ARENA, placesOf, populationOf, randomPart, siteOf, tensorsOf } from "../support/regularise.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();
const PLACES = placesOf(ARENA);
const COUNT = 7;
const ROWS = 4;

interface Case {
  readonly own: StructValues;
  readonly grads: Float32Array;
  readonly params: Float32Array;
  readonly noise?: number;
}

/** Members' gradients after a change; step COUNT lies in row COUNT % ROWS of the table of steps. */
async function adjust(name: Adjustment, members: readonly Case[], arena = ARENA): Promise<Float32Array[]> {
  const P = members.length;
  const site = siteOf(P, arena);
  const steps = new Float32Array(ROWS * P * 3).fill(1e9);
  for (const [m, { noise = 0 }] of members.entries()) steps[((COUNT % ROWS) * P + m) * 3] = noise;
  const { grads } = await runDispatch(
    await gpuOf(),
    adjustGradients(name, site),
    stepOf(1, { members: P, count: COUNT, slot: 99 }),
    {
      grads: concat(members.map((member) => member.grads)),
      params: concat(members.map((member) => member.params)),
      tensors: tensorsOf(site),
      population: populationOf(members.map(({ own }) => own)),
      member_steps: steps,
    },
  );
  return members.map((_, m) => new Float32Array(grads as ArrayBuffer, 4 * m * arena.stride, arena.stride));
}

const caseOf = (own: StructValues, seed: number): Case => {
  const params = randomPart(ARENA, 50 + seed);
  params[3] = 0;
  params[4] = -0;
  return { own, grads: randomPart(ARENA, seed), params };
};

test("clip_value: as torch.nn.utils.clip_grad_value_", async () => {
  const members = [0.5, 2, 1e-3].map((clip_value, m) => caseOf({ clip_value }, m));
  const got = await adjust("clip_value", members);
  for (const [m, { grads, own }] of members.entries()) {
    const most = Math.fround(own.clip_value as number);
    const expected = grads.map((g) => Math.min(Math.max(g, -most), most));
    expectSameBits(got[m] as Float32Array, expected, `member ${m}`);
  }
});

test("l1: the sign of each weight, not of biases and norms' parameters, 0 at 0", async () => {
  const members = [0.25, 1e-3, 2].map((l1, m) => caseOf({ l1 }, m));
  const got = await adjust("l1", members);
  for (const [m, { grads, params, own }] of members.entries()) {
    const expected = grads.map((g, i) => {
      return PLACES[i]?.isWeight ? g + (own.l1 as number) * Math.sign(params[i] as number) : g;
    });
    // One addition, rounded once.
    expectClose(got[m] ?? [], expected, { relative: 1e-7, absolute: 1e-7 }, `member ${m}`);
    const fixed = [...grads.keys()].filter((i) => !PLACES[i]?.isWeight || i === 3 || i === 4);
    expect(fixed.every((i) => got[m]?.[i] === grads[i])).toBe(true);
  }
});

test("gradient_noise: the generator's own numbers, on parameters and not on pads", async () => {
  const members = [0.1, 3, 1e-4].map((noise, m) => ({ ...caseOf({ seed: 11 + m }, m), noise }));
  const got = await adjust("gradient_noise", members);
  for (const [m, { grads, noise, own }] of members.entries()) {
    const numbers = Array.from({ length: ARENA.stride / 4 }, (_, quad) =>
      normal4(random4(own.seed as number, PURPOSE.noise, COUNT, quad)),
    ).flat();
    const expected = grads.map((g, i) => (PLACES[i] ? g + noise * (numbers[i] as number) : 0));
    // WGSL's log may be off by 2^-21 near 1, and the root of twice that is 1e-3.
    expectClose(got[m] ?? [], expected, { absolute: 1e-3 * noise + 1e-7, relative: 1e-6 }, `member ${m}`);
    expect([...(got[m] ?? [])].every((value, i) => PLACES[i] || value === 0)).toBe(true);
  }
});

test("gradient_noise is standard normal, element by element and step by step", async () => {
  const arena = layOut({ "fc1.weight": [100, 1000] });
  const zeros = new Float32Array(arena.stride);
  const [got] = await adjust("gradient_noise", [{ own: { seed: 5 }, grads: zeros, params: zeros, noise: 1 }], arena);
  const values = [...(got ?? [])].slice(0, 100_000);
  const moment = (k: number) => values.reduce((sum, value) => sum + value ** k, 0) / values.length;
  // Of n = 100,000: the moments' deviations are sqrt(1, 2, 15, 96) / sqrt(n); five of them.
  for (const [k, expected, variance] of [
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ] as const) {
    expect(Math.abs(moment(k) - expected)).toBeLessThan(5 * Math.sqrt(variance / values.length));
  }
  const neighbours = values.slice(1).reduce((sum, value, i) => sum + value * (values[i] as number), 0) / values.length;
  expect(Math.abs(neighbours)).toBeLessThan(5 / Math.sqrt(values.length));
});

test.each(["clip_value", "l1", "gradient_noise"] as const)("%s: every member as alone", async (name) => {
  const members = [0, 1, 2].map((m) => ({
    ...caseOf({ clip_value: 0.3 + m / 10, l1: m / 7, seed: m }, m),
    noise: 0.1 * (m + 1),
  }));
  const together = await adjust(name, members);
  for (const [m, member] of members.entries()) {
    const [alone] = await adjust(name, [member]);
    expectSameBits(together[m] as Float32Array, alone as Float32Array, `member ${m}`);
  }
});

test("the deviation falls as the paper's equation 1 says", () => {
  expect(gradientDeviation({ eta: 0.01, gamma: 0.55 }, 0)).toBe(0.1);
  expect(gradientDeviation({ eta: 1, gamma: 0.55 }, 99)).toBeCloseTo(0.28183829, 8); // 100^-0.275
  expect(gradientDeviation({ eta: 0.3, gamma: 0 }, 1000)).toBe(Math.sqrt(0.3));
});
