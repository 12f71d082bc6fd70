import { describe, expect, test } from "vitest";
import { type Loss, lossDispatch } from "../../src/nn/loss/loss.ts";
import { findLoss } from "../../src/nn/loss/registry.ts";
import { expectClose } from "../reference/close.ts";
import { integers, uniform } from "../reference/random.ts";
import * as reference from "../reference/softmaxCrossEntropy.ts";
import { concat, padRows, runDispatch, stepOf, unpadRows, useGpu } from "../support/gpu.ts";
import { populationOf } from "../support/regularise.ts";
import { expectSameBits } from "../support/session.ts";

// Cross-entropy of rows that share their labels in pairs, as mixup has it.

const gpuOf = useGpu();

interface Member {
  readonly logits: Float64Array;
  readonly share: number;
  readonly smoothing: number;
}

const labelsOf = (rows: number, classes: number) => Uint8Array.from(integers(rows, 5, classes));

async function run(members: readonly Member[], rows: number, classes: number) {
  const P = members.length;
  const steps = new Float32Array(3 * P * 3).fill(1e9);
  for (const [m, { share }] of members.entries()) steps[(2 * P + m) * 3 + 1] = share; // step 5 in row 2 of 3
  const z = concat(members.map(({ logits }) => padRows(logits, rows, classes)));
  const results = await runDispatch(
    await gpuOf(),
    lossDispatch(
      findLoss("cross_entropy") as Loss,
      { z: "z", dz: "dz", labels: "labels", order: "order" },
      {
        ...{ outputs: classes, targets: "classes", capacity: rows, members: P },
        ...{ smooths: members[0]?.smoothing !== 0, mixes: true },
      },
    ),
    stepOf(rows, { members: P, count: 5 }),
    {
      z,
      dz: new Float32Array(z.length).fill(7),
      labels: labelsOf(rows, classes),
      order: Uint32Array.from({ length: rows }, (_, i) => i),
      metrics: new Uint8Array(8 * P),
      population: populationOf(members.map(({ smoothing }) => ({ label_smoothing: smoothing }))),
      member_steps: steps,
    },
  );
  const metrics = new DataView(results.metrics as ArrayBuffer);
  return members.map((_, m) => ({
    dz: new Float32Array(results.dz as ArrayBuffer, (4 * m * z.length) / P, z.length / P),
    loss: metrics.getFloat32(8 * m, true),
    hits: metrics.getUint32(8 * m + 4, true),
  }));
}

describe.each([0, 0.1])("smoothing %d", (smoothing) => {
  test.each([
    [1, 10],
    [6, 3],
    [65, 10],
    [100, 7],
  ])("%i rows of %i classes", async (rows, classes) => {
    const members = [0.7, 0.5, 1, 0].map((share, m) => {
      return { logits: uniform(rows * classes, m, 5), share, smoothing: smoothing === 0 ? 0 : smoothing + m / 20 };
    });
    const got = await run(members, rows, classes);
    const labels = labelsOf(rows, classes);
    for (const [m, member] of members.entries()) {
      const { logits, share } = member;
      const [own, other] = [labels, labels.toReversed()].map((all) =>
        reference.softmaxCrossEntropy(logits, all, classes, rows, member.smoothing),
      ) as [reference.SoftmaxCrossEntropy, reference.SoftmaxCrossEntropy];
      const mixed = own.dlogits.map((value, i) => share * value + (1 - share) * (other.dlogits[i] as number));
      const { values, padsAreZero } = unpadRows(got[m]?.dz as Float32Array, rows, classes);
      // As softmaxCrossEntropy.gpu.test.ts: WGSL's exp and log.
      expectClose(values, mixed, { absolute: 1.5e-6 / rows }, `dz of member ${m}`);
      expect(padsAreZero).toBe(true);
      const loss = share * own.mean + (1 - share) * other.mean;
      expectClose([got[m]?.loss ?? Number.NaN], [loss], { absolute: 1e-6, relative: 1e-6 }, `loss of member ${m}`);
      expect(got[m]?.hits).toBe(own.hits);
      const [alone] = await run([member], rows, classes);
      expectSameBits(got[m]?.dz as Float32Array, alone?.dz as Float32Array, `dz of member ${m}`);
      expect(got[m]?.loss).toBe(alone?.loss);
    }
  });
});
