import { describe, expect, test } from "vitest";
import { type Loss, lossDispatch, type Targets } from "../../src/nn/loss/loss.ts";
import { findLoss } from "../../src/nn/loss/registry.ts";
import { expectClose } from "../reference/close.ts";
import { batchLoss, type LossSetting } from "../reference/losses.ts";
import { integers, permutation, uniform } from "../reference/random.ts";
import { concat, padRows, runDispatch, stepOf, unpadRows, useGpu } from "../support/gpu.ts";
import { populationOf } from "../support/regularise.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();

// WGSL lets exp err by 3 + 2 |x| ULP and log by 2^-21. A power q^gamma errs by gamma times its logarithm's error; values are
// squared, so that an error of 1e-7 of |z - t| <= 6 counts 12 times.
const GRADIENT_BOUND = 4e-6;
const LOSS_BOUND = { absolute: 2e-6, relative: 4e-6 };
const SPARE_ROWS = 5;
const FIRST_ROW = 2;
/** What the metrics hold before: a first chunk must overwrite it, and other members keep it. */
const OLD = { loss: 1000, hits: 500 };

interface Member {
  readonly setting: LossSetting;
  readonly z: Float64Array;
  /** [rows] or [rows, outputs]. */
  readonly told: Uint8Array | Float64Array;
}

const values = (told: Member["told"]) => told instanceof Float64Array;
const toldOf = ({ told }: Member) => (told instanceof Uint8Array ? { labels: told } : { targets: told });

function randomMembers(settings: readonly LossSetting[], rows: number, outputs: number, targets: Targets, scale = 5) {
  return settings.map((setting, m): Member => {
    const z = uniform(rows * outputs, 10 * m + 1, scale);
    const told =
      targets === "values" ? uniform(rows * outputs, 10 * m + 2) : Uint8Array.from(integers(rows, 10 * m + 2, outputs));
    return { setting, z, told };
  });
}

interface Options {
  readonly chunk?: readonly [from: number, to: number];
  readonly first?: number;
  readonly metrics?: readonly { readonly loss: number; readonly hits: number }[];
}

/** Runs a loss's kernel. Each member's samples lie in an order of its own; spare rows of z hold NaN, and of dz 7. */
async function run(members: readonly Member[], outputs: number, options: Options = {}) {
  const [head] = members as [Member];
  const targets: Targets = values(head.told) ? "values" : "classes";
  const all = head.z.length / outputs;
  const { chunk: [from, to] = [0, all], first = 1, metrics: before = members.map(() => OLD) } = options;
  const [rows, P, outputs4] = [to - from, members.length, Math.ceil(outputs / 4)];
  const capacity = rows + SPARE_ROWS;
  const stride = FIRST_ROW + all + 1;
  const labels = new Uint8Array(P * all);
  const stored = new Float32Array(P * all * 4 * outputs4);
  const order = new Uint32Array(P * stride).fill(P * all - 1);
  const places = permutation(P * all, 3);
  members.forEach(({ told }, m) => {
    for (let row = 0; row < all; row++) {
      const sample = places[m * all + row] as number;
      order[m * stride + FIRST_ROW + row] = sample;
      if (told instanceof Uint8Array) labels[sample] = told[row] as number;
      else stored.set(told.subarray(row * outputs, (row + 1) * outputs), sample * 4 * outputs4);
    }
  });
  const table = new DataView(new ArrayBuffer(8 * P));
  before.forEach(({ loss, hits }, m) => {
    table.setFloat32(8 * m, loss, true);
    table.setUint32(8 * m + 4, hits, true);
  });
  const z = concat(
    members.map((member) =>
      padRows(member.z.subarray(from * outputs, to * outputs), rows, outputs, capacity, Number.NaN),
    ),
  );
  const names = { z: "z", dz: "dz", labels: "told", order: "order" };
  const dispatch = lossDispatch(findLoss(head.setting.name) as Loss, names, { outputs, targets, capacity, members: P });
  const results = await runDispatch(
    await gpuOf(),
    dispatch,
    stepOf(rows, { members: P, first, first_row: FIRST_ROW + from, order_stride: stride, inv_batch: 1 / all }),
    {
      ...{ z, dz: new Float32Array(z.length).fill(7), told: targets === "values" ? stored : labels, order },
      metrics: new Uint8Array(table.buffer),
      population: populationOf(members.map(({ setting: { gamma = 0, margin = 0 } }) => ({ gamma, margin }))),
    },
  );
  const dz = new Float32Array(results.dz as ArrayBuffer);
  const view = new DataView(results.metrics as ArrayBuffer);
  return members.map((_, m) => {
    const part = dz.subarray((m * dz.length) / P, ((m + 1) * dz.length) / P);
    expect(part.subarray(rows * 4 * outputs4).every((value) => value === 7)).toBe(true);
    const { values, padsAreZero } = unpadRows(part, rows, outputs);
    expect(padsAreZero).toBe(true);
    return { dz: values, loss: view.getFloat32(8 * m, true), hits: view.getUint32(8 * m + 4, true) };
  });
}

async function expectReference(members: readonly Member[], outputs: number): Promise<void> {
  const got = await run(members, outputs);
  for (const [m, member] of members.entries()) {
    const expected = batchLoss(member.setting, member.z, toldOf(member), outputs);
    const rows = member.z.length / outputs;
    expectClose(got[m]?.dz ?? [], expected.dlogits, { absolute: GRADIENT_BOUND / rows }, `dz of member ${m}`);
    expectClose([got[m]?.loss ?? Number.NaN], [expected.mean], LOSS_BOUND, `loss of member ${m}`);
    expect(got[m]?.hits).toBe(expected.hits);
  }
}

// Members differ in their parameters, where the loss has some.
const KINDS: readonly (readonly [string, Targets, readonly LossSetting[]])[] = [
  ["mse", "classes", [{ name: "mse" }, { name: "mse" }, { name: "mse" }]],
  ["mse", "values", [{ name: "mse" }, { name: "mse" }, { name: "mse" }]],
  ["hinge", "classes", [1, 0.25, 3].map((margin) => ({ name: "hinge", margin }))],
  ["focal", "classes", [2, 0, 0.5].map((gamma) => ({ name: "focal", gamma }))],
];

describe.each(KINDS)("%s of %s", (_, targets, settings) => {
  test.each([
    [1, 2],
    [63, 3],
    [64, 4],
    [65, 10],
    [100, 5],
    [257, 65],
  ])("%i rows of %i outputs, 1 and 3 members", async (rows, outputs) => {
    const members = randomMembers(settings, rows, outputs, targets);
    await expectReference(members, outputs);
    await expectReference(members.slice(0, 1), outputs);
  });

  test("a member's bits are those of its run alone", async () => {
    const members = randomMembers(settings, 70, 6, targets);
    const [together, [alone]] = [await run(members, 6), await run(members.slice(2), 6)];
    expectSameBits(together[2]?.dz as Float32Array, alone?.dz as Float32Array, "dz");
    expect(together[2]?.loss).toBe(alone?.loss);
  });

  test("chunks of a batch add up to the metrics of the whole, their gradients are divided by its size", async () => {
    const members = randomMembers(settings, 100, 10, targets);
    const head = await run(members, 10, { chunk: [0, 64] });
    const tail = await run(members, 10, { chunk: [64, 100], first: 0, metrics: head });
    for (const [m, member] of members.entries()) {
      const expected = batchLoss(member.setting, member.z, toldOf(member), 10);
      const dz = concat([head[m]?.dz, tail[m]?.dz] as Float32Array[]);
      expectClose(dz, expected.dlogits, { absolute: GRADIENT_BOUND / 100 }, `dz of member ${m}`);
      expectClose([tail[m]?.loss ?? Number.NaN], [expected.mean], LOSS_BOUND, "loss");
      expect(tail[m]?.hits).toBe(expected.hits);
    }
  });

  test("outputs that have become NaN show in the loss: it is not finite", async () => {
    const [member] = randomMembers(settings.slice(0, 1), 5, 10, targets) as [Member];
    member.z[12] = Number.NaN;
    const [got] = await run([member], 10);
    expect(got?.loss).not.toSatisfy(Number.isFinite);
  });
});

describe("focal loss", () => {
  const member = (gamma: number, z: readonly number[], label: number): Member => {
    return { setting: { name: "focal", gamma }, z: Float64Array.from(z), told: Uint8Array.of(label) };
  };

  test.each([0, 0.5, 1, 2, 5])("of gamma %d keeps the digits of a loss near 0", async (gamma) => {
    for (const z of [
      [4, 0, 1],
      [8, 0, -1],
      [14, 0, 0],
      [30, 0, 0],
    ]) {
      const own = member(gamma, z, 0);
      const expected = batchLoss(own.setting, own.z, toldOf(own), 3);
      const [got] = await run([own], 3);
      // The power errs by gamma |log q| <= 150 times a rounding; below 1e-37 f32 has no digits.
      expectClose([got?.loss ?? Number.NaN], [expected.mean], { relative: 4e-5, absolute: 1e-37 }, `loss at ${z}`);
      expectClose(got?.dz ?? [], expected.dlogits, { relative: 4e-5, absolute: 1e-37 }, `dz at ${z}`);
    }
  });

  test.each([80, 1e4])("of outputs of +-%d does not overflow, nor where all but one vanish", async (size) => {
    for (const gamma of [0, 0.5, 2]) {
      await expectReference([member(gamma, [size, -size, size], 0), member(gamma, [size, -size, 0], 1)], 3);
      await expectReference([member(gamma, [size, -size, -size], 0)], 3);
    }
  });
});

test("at its bend hinge has PyTorch's gradient, 0", async () => {
  const hinge = { setting: { name: "hinge", margin: 1 }, z: Float64Array.of(2, 1, 3, 0), told: Uint8Array.of(0) };
  const [got] = await run([hinge], 4);
  expect([...(got?.dz ?? [])]).toEqual([-0.25, 0, 0.25, 0]);
});
