import { describe, expect, test } from "vitest";
import { type Loss, lossDispatch } from "../../src/nn/loss/loss.ts";
import { findLoss } from "../../src/nn/loss/registry.ts";
import { expectClose } from "../reference/close.ts";
import { integers, permutation, uniform } from "../reference/random.ts";
import * as reference from "../reference/softmaxCrossEntropy.ts";
import { concat, padRows, runDispatch, stepOf, unpadRows, useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

// WGSL lets exp err by 3 + 2 |x| ULP, which is most at a probability of 1, and log by 2^-21.
const PROBABILITY_BOUND = 1e-6;
const LOSS_BOUND = { absolute: 1e-6, relative: 1e-6 };

const SPARE_ROWS = 5;
const FIRST_ROW = 2;
/** What the metrics hold before: a first chunk must overwrite it, and other slots and members keep it. */
const OLD = { loss: 1000, hits: 500 };

interface Member {
  readonly logits: Float64Array;
  readonly labels: Uint8Array;
}

/** Random logits and labels of members; `scale` is the largest logit. */
function randomMembers(rows: number, classes: number, members: number, scale = 5): Member[] {
  return Array.from({ length: members }, (_, m) => ({
    logits: uniform(rows * classes, 10 * m + 1, scale),
    labels: Uint8Array.from(integers(rows, 10 * m + 2, classes)),
  }));
}

interface Options {
  readonly slot?: number;
  readonly slots?: number;
  /** Where the rows lie that this dispatch takes, a chunk of the step. */
  readonly chunk?: readonly [from: number, to: number];
  readonly first?: number;
  /** The metrics table before. */
  readonly metrics?: Metrics[][];
}

interface Metrics {
  readonly loss: number;
  readonly hits: number;
}

/** Runs the kernel. Each member's samples lie in an order of its own; spare rows of z hold NaN. */
async function run(members: readonly Member[], classes: number, options: Options = {}) {
  const all = members[0]?.labels.length ?? 0;
  const { slot = 0, slots = 1, chunk: [from, to] = [0, all], first = 1 } = options;
  const rows = to - from;
  const capacity = rows + SPARE_ROWS;
  const P = members.length;
  const stride = FIRST_ROW + all + 1;
  const labels = new Uint8Array(P * all);
  const order = new Uint32Array(P * stride).fill(P * all - 1);
  const places = permutation(P * all, 3);
  members.forEach((member, m) => {
    member.labels.forEach((label, row) => {
      const sample = places[m * all + row] as number;
      labels[sample] = label;
      order[m * stride + FIRST_ROW + row] = sample;
    });
  });
  const before = options.metrics ?? Array.from({ length: slots }, () => members.map(() => OLD));
  const table = new DataView(new ArrayBuffer(8 * slots * P));
  before.flat().forEach(({ loss, hits }, i) => {
    table.setFloat32(8 * i, loss, true);
    table.setUint32(8 * i + 4, hits, true);
  });
  const z = members.map(({ logits }) =>
    padRows(logits.subarray(from * classes, to * classes), rows, classes, capacity, Number.NaN),
  );
  const results = await runDispatch(
    await gpuOf(),
    lossDispatch(
      findLoss("cross_entropy") as Loss,
      { z: "z", dz: "dz", labels: "labels", order: "order" },
      { outputs: classes, targets: "classes", capacity, members: P },
    ),
    stepOf(rows, { members: P, slot, first, first_row: FIRST_ROW + from, order_stride: stride, inv_batch: 1 / all }),
    {
      z: concat(z),
      dz: new Float32Array(concat(z).length).fill(7),
      labels,
      order,
      metrics: new Uint8Array(table.buffer),
    },
  );
  const dz = new Float32Array(results.dz as ArrayBuffer);
  const size = dz.length / P;
  const view = new DataView(results.metrics as ArrayBuffer);
  return {
    dz: members.map((_, m) => {
      const part = dz.subarray(m * size, (m + 1) * size);
      const used = part.length - (SPARE_ROWS * part.length) / capacity;
      expect(part.subarray(used).every((value) => value === 7)).toBe(true);
      return unpadRows(part, rows, classes);
    }),
    metrics: before.map((row, k) =>
      row.map((_, m) => {
        const at = 8 * (k * P + m);
        return { loss: view.getFloat32(at, true), hits: view.getUint32(at + 4, true) };
      }),
    ),
  };
}

/** Compares the metrics and gradients of whole batches with the reference. */
async function expectReference(members: readonly Member[], classes: number): Promise<void> {
  const { dz, metrics } = await run(members, classes);
  members.forEach(({ logits, labels }, m) => {
    const expected = reference.softmaxCrossEntropy(logits, labels, classes);
    const batch = labels.length;
    expectClose(dz[m]?.values ?? [], expected.dlogits, { absolute: PROBABILITY_BOUND / batch }, `dz of member ${m}`);
    expect(dz[m]?.padsAreZero).toBe(true);
    expectClose([metrics[0]?.[m]?.loss ?? Number.NaN], [expected.mean], LOSS_BOUND, `loss of member ${m}`);
    expect(metrics[0]?.[m]?.hits).toBe(expected.hits);
  });
}

describe.each([1, 63, 64, 65, 100, 257])("%i rows", (rows) => {
  test.each([
    [2, 1],
    [3, 3],
    [10, 1],
    [10, 3],
    [65, 3],
  ])("%i classes, %i members", (classes, members) => expectReference(randomMembers(rows, classes, members), classes));
});

describe("logits", () => {
  test("of equal largest ones the first is the prediction", async () => {
    const logits = Float64Array.of(0, 5, 5, 5, 0, 5, 1, 1, 1);
    const members = [
      { logits, labels: Uint8Array.of(1, 0, 0) },
      { logits, labels: Uint8Array.of(2, 2, 1) },
    ];
    const { metrics } = await run(members, 3);
    expect(metrics[0]?.map(({ hits }) => hits)).toEqual([3, 0]);
  });

  test.each([80, 1e4])("of +-%d do not overflow", async (scale) => {
    // The signs alone, so that many are equal; and random ones.
    const [random] = randomMembers(65, 10, 1, scale) as [Member];
    const signs = { ...random, logits: random.logits.map((value) => Math.sign(value) * scale) };
    await expectReference([random, signs], 10);
  });

  test("of any size keep the digits of a small loss", async () => {
    await expectReference([{ logits: Float64Array.of(1e4, 9999, 9998), labels: Uint8Array.of(0) }], 3);
  });

  test("that have become NaN show in the loss: it is not finite", async () => {
    const [member] = randomMembers(5, 10, 1) as [Member];
    member.logits[12] = Number.NaN;
    const { metrics } = await run([member], 10);
    expect(metrics[0]?.[0]?.loss).not.toSatisfy(Number.isFinite);
  });
});

test("the chunks of a batch add up to the metrics of the whole, their gradients are divided by its size", async () => {
  const members = randomMembers(100, 10, 3);
  const head = await run(members, 10, { chunk: [0, 64] });
  const tail = await run(members, 10, { chunk: [64, 100], first: 0, metrics: head.metrics });
  members.forEach(({ logits, labels }, m) => {
    const expected = reference.softmaxCrossEntropy(logits, labels, 10);
    const dz = concat([head.dz[m]?.values, tail.dz[m]?.values] as Float32Array[]);
    expectClose(dz, expected.dlogits, { absolute: PROBABILITY_BOUND / 100 }, `dz of member ${m}`);
    expectClose([tail.metrics[0]?.[m]?.loss ?? Number.NaN], [expected.mean], LOSS_BOUND, "loss");
    expect(tail.metrics[0]?.[m]?.hits).toBe(expected.hits);
  });
});

test("a step's metrics go to its slot of the table, a place for each member, and nowhere else", async () => {
  const members = randomMembers(10, 3, 3);
  const { metrics } = await run(members, 3, { slot: 2, slots: 4 });
  expect([metrics[0], metrics[1], metrics[3]].flat()).toEqual(new Array(9).fill(OLD));
  const expected = members.map(({ logits, labels }) => reference.softmaxCrossEntropy(logits, labels, 3));
  expectClose(
    metrics[2]?.map(({ loss }) => loss) ?? [],
    expected.map(({ mean }) => mean),
    LOSS_BOUND,
    "losses",
  );
  expect(metrics[2]?.map(({ hits }) => hits)).toEqual(expected.map(({ hits }) => hits));
});
