import { expect, test } from "vitest";
import type { StructValues } from "../../src/gpu/uniforms.ts";
import { maxNorm, maxNormBuffers } from "../../src/optim/maxNorm.ts";
import { expectClose } from "../reference/close.ts";
import { concat, runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { ARENA, fewer, placesOf, populationOf, randomPart, siteOf, tensorsOf } from "../support/regularise.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();
const PLACES = placesOf(ARENA);
const { stride } = ARENA;

interface Case {
  readonly own: StructValues;
  readonly params: Float32Array;
}

/** Members' parameters after the projection. @param groups most workgroups along x */
async function project(members: readonly Case[], rows = 1, groups = 65535): Promise<Float32Array[]> {
  const site = siteOf(members.length);
  const [norms, scale] = maxNorm(site);
  if (!norms || !scale) throw new Error("two dispatches");
  const bytes = maxNormBuffers(site).weight_norms?.bytes ?? 0;
  const { params } = await runDispatch(await gpuOf(), [fewer(norms, groups), scale], stepOf(rows), {
    params: concat(members.map((member) => member.params)),
    tensors: tensorsOf(site),
    population: populationOf(members.map(({ own }) => own)),
    weight_norms: new Float32Array(bytes / 4).fill(7),
  });
  return members.map((_, m) => new Float32Array(params as ArrayBuffer, 4 * m * stride, stride));
}

/** The norm of each row of each weight matrix, by `name.row`. */
function normsOf(part: ArrayLike<number>): Map<string, number> {
  const squares = new Map<string, number>();
  PLACES.forEach((place, i) => {
    if (!place?.isWeight) return;
    const key = `${place.name}.${place.row}`;
    squares.set(key, (squares.get(key) ?? 0) + (part[i] as number) ** 2);
  });
  return new Map([...squares].map(([key, sum]) => [key, Math.sqrt(sum)]));
}

/** Rows of different lengths: some are too long for a bound of 2, some are not, and one is 0. */
function partOf(seed: number): Float32Array {
  const part = randomPart(ARENA, seed, 3);
  return part.map((value, i) => {
    const place = PLACES[i];
    if (place?.name !== "fc1.weight") return value;
    return place.row === 6 ? 0 : value * ([1, 1e-3, 1e3, 0.02, 1, 1][place.row] ?? 1);
  });
}

test("max_norm: each row of the weight matrices shrinks to the bound, the rest keeps its bits", async () => {
  const members = [2, 0.1, 1e9].map((max_norm, m) => ({ own: { max_norm }, params: partOf(m) }));
  const got = await project(members);
  for (const [m, { params, own }] of members.entries()) {
    const most = own.max_norm;
    const norms = normsOf(params);
    const factors = PLACES.map((place) => {
      const norm = place?.isWeight ? (norms.get(`${place.name}.${place.row}`) ?? 0) : 0;
      return norm > most ? most / norm : 1;
    });
    const shrunk = factors.filter((factor) => factor < 1).length;
    expect([shrunk > 785, shrunk > 785, shrunk > 0][m]).toBe(m < 2);
    // A sum of squares of 785 values rounds to some 1e-6 of itself at most.
    expectClose(
      got[m] ?? [],
      params.map((w, i) => w * (factors[i] as number)),
      { relative: 2e-6 },
      `member ${m}`,
    );
    const kept = [...params.keys()].filter((i) => factors[i] === 1);
    expect(kept.every((i) => Object.is(got[m]?.[i], params[i]))).toBe(true);
    for (const norm of normsOf(got[m] ?? []).values()) expect(norm).toBeLessThanOrEqual(most * (1 + 2e-6));
  }
  expectSameBits((await project(members, 1, 1))[0] as Float32Array, got[0] as Float32Array, "in fewer workgroups");
});

test("max_norm: every member as alone, and a member that has stopped keeps its bits", async () => {
  const members = [1, 0.5, 2].map((max_norm, m) => ({
    own: { max_norm, enabled: m === 1 ? 0 : 1 },
    params: partOf(m),
  }));
  const together = await project(members);
  for (const [m, member] of members.entries()) {
    const [alone] = await project([member]);
    expectSameBits(together[m] as Float32Array, alone as Float32Array, `member ${m}`);
  }
  expectSameBits(together[1] as Float32Array, members[1]?.params as Float32Array, "the stopped member");
});

test("max_norm: a step of no samples changes nothing", async () => {
  const params = partOf(1);
  const [got] = await project([{ own: { max_norm: 0.1 }, params }], 0);
  expectSameBits(got as Float32Array, params, "parameters");
});
