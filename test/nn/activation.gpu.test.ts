import { describe, expect, test } from "vitest";
import { activateBackward, activateForward, activations } from "../../src/nn/activation.ts";
import type { DropoutLayer } from "../../src/nn/dropout.ts";
import { type Activation, activationBackward, activationForward } from "../reference/activation.ts";
import { expectClose } from "../reference/close.ts";
import { uniform } from "../reference/random.ts";
import { concat, padRows, runDispatch, stepOf, unpadRows, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();

// exp and log of WGSL err by some 2^-21 near 1; gelu's erf by 1.5e-7, times z / 2. A gradient is at most some 1.1.
const FORWARD = { absolute: 2e-6, relative: 1e-6 };
const BACKWARD = { absolute: 4e-6, relative: 1e-6 };
const SPARE_ROWS = 3;

/** Around 0, in the bends, and so far out that a careless form would overflow. */
const EXTREMES = [
  0, -0, 1e-6, -1e-6, 0.5, -0.5, 3, -3, 9, -9, 20, -20, 50, -50, 90, -90, 150, -150, 1e4, -1e4, 3e5, -3e5,
];

const layerOf = (activation: string, width: number, dropout?: DropoutLayer) => {
  return { name: "act1", width, activation, ...(dropout && { dropout }) };
};

/** Forward and backward of members' values [rows, width]; spare rows hold NaN. */
async function run(activation: string, rows: number, width: number, xs: Float64Array[], dys: Float64Array[]) {
  const capacity = rows + SPARE_ROWS;
  const context = { members: xs.length, capacity, rows };
  const layer = layerOf(activation, width);
  const pad = (values: Float64Array) => padRows(values, rows, width, capacity, Number.NaN);
  const x = concat(xs.map(pad));
  const results = await runDispatch(
    await gpuOf(),
    [
      activateForward(layer, { x: "x", y: "y" }, context, true),
      activateBackward(layer, { x: "x", dy: "dy", dx: "dx" }, context),
    ],
    stepOf(rows),
    { x, dy: concat(dys.map(pad)), y: new Float32Array(x.length).fill(7), dx: new Float32Array(x.length).fill(7) },
  );
  const size = x.length / xs.length;
  return xs.map((_, m) => {
    const part = (name: string) => {
      const values = new Float32Array(results[name] as ArrayBuffer).subarray(m * size, (m + 1) * size);
      expect(values.subarray((size * rows) / capacity).every((value) => value === 7)).toBe(true); // spare rows
      return unpadRows(values, rows, width);
    };
    return { y: part("y"), dx: part("dx") };
  });
}

describe.each(activations)("$name", ({ name }) => {
  const activation = name as Activation;

  test.each([
    [1, 1, 1],
    [7, 13, 3],
    [65, 30, 1],
  ])("%i rows of %i, %i members, against the reference", async (rows, width, members) => {
    const values = (seed: number) => Array.from({ length: members }, (_, m) => uniform(rows * width, seed + m, 6));
    const [xs, dys] = [values(1), values(20)];
    for (const [m, { y, dx }] of (await run(name, rows, width, xs, dys)).entries()) {
      const [x, dy] = [xs[m], dys[m]] as [Float64Array, Float64Array];
      expectClose(y.values, activationForward(activation, x), FORWARD, `y of member ${m}`);
      const bound = { ...BACKWARD, absolute: 6 * BACKWARD.absolute }; // dy reaches 6
      expectClose(dx.values, activationBackward(activation, dy, x), bound, `dx of member ${m}`);
      expect([y.padsAreZero, dx.padsAreZero]).toEqual([true, true]);
    }
    const [alone] = await run(name, rows, width, xs.slice(-1), dys.slice(-1));
    const [last] = (await run(name, rows, width, xs, dys)).slice(-1);
    for (const part of ["y", "dx"] as const) {
      expectSameBits(last?.[part].values as Float32Array, alone?.[part].values as Float32Array, part);
    }
  });

  test("at 0, in its bends and far out", async () => {
    const x = Float64Array.from(EXTREMES, Math.fround);
    const [got] = await run(name, 1, x.length, [x], [x.map(() => 1)]);
    expectClose(got?.y.values ?? [], activationForward(activation, x), FORWARD, "y");
    expectClose(
      got?.dx.values ?? [],
      activationBackward(
        activation,
        x.map(() => 1),
        x,
      ),
      BACKWARD,
      "dx",
    );
  });
});
