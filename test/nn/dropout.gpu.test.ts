import { expect, test } from "vitest";
import { readShader } from "#platform";
import { reflectStruct } from "../../src/gpu/reflect.ts";
import { encodeStruct } from "../../src/gpu/uniforms.ts";
import { activateForward } from "../../src/nn/activation.ts";
import { MEMBER_SHADER } from "../../src/nn/member.ts";
import { expectClose } from "../reference/close.ts";
import { permutation } from "../reference/random.ts";
import { dropoutFactor } from "../support/dropout.ts";
import { runDispatch, stepOf, unpadRows, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();
const layout = reflectStruct(readShader(MEMBER_SHADER), "Member");

interface Options {
  readonly step?: number;
  readonly layer?: number;
  readonly trains?: boolean;
}

/** What members' ones become: [member][rows * width]. The samples are those of `order`. */
async function ones(
  members: readonly { readonly seed: number; readonly rate: number }[],
  width: number,
  order: Uint32Array,
  { step = 0, layer = 0, trains = true }: Options = {},
) {
  const rows = order.length;
  const context = { members: members.length, capacity: rows, rows };
  const activate = { name: "act1", width, activation: "identity", dropout: { index: layer } };
  const rowBytes = layout.size;
  const population = new Uint8Array(members.length * rowBytes);
  members.forEach(({ seed, rate }, m) => {
    const values = { enabled: 1, seed, dropout: rate, label_smoothing: 0, clip_norm: 0 };
    const other = Object.fromEntries(layout.fields.map(({ name }) => [name, 0]));
    population.set(new Uint8Array(encodeStruct(layout, { ...other, ...values })), m * rowBytes);
  });
  const size = rows * Math.ceil(width / 4) * 4;
  const { y } = await runDispatch(
    await gpuOf(),
    activateForward(activate, { x: "x", y: "y" }, context, trains),
    stepOf(rows, { count: step }),
    {
      x: new Float32Array(members.length * size).fill(1),
      y: new Float32Array(members.length * size),
      ...(trains && { population, order }),
    },
  );
  const values = new Float32Array(y as ArrayBuffer);
  return members.map((_, m) => unpadRows(values.subarray(m * size, (m + 1) * size), rows, width).values);
}

const identityOrder = (rows: number) => Uint32Array.from({ length: rows }, (_, i) => i);

test.each([
  [1, 1],
  [13, 7],
  [65, 30],
])("%i samples of %i: each value is dropped, or grows, as seed, step, layer and sample say", async (rows, width) => {
  const order = permutation(rows, 4);
  const members = [0.1, 0.5, 0.75].map((rate, m) => ({ seed: 7 + m, rate }));
  const got = await ones(members, width, order, { step: 11, layer: 2 });
  members.forEach(({ seed, rate }, m) => {
    const expected = Float32Array.from({ length: rows * width }, (_, i) => {
      const place = { layer: 2, width, sample: order[Math.floor(i / width)] as number, column: i % width };
      return dropoutFactor(rate, seed, 11, place);
    });
    // 1 / (1 - p) of a p that f32 rounds.
    expectClose(got[m] ?? [], expected, { absolute: 1e-6 }, `member ${m}`);
  });
});

test.each([0.2, 0.5, 0.9])("keeps a share of 1 - %d, and the mean", async (rate) => {
  const [values] = (await ones([{ seed: 1, rate }], 100, identityOrder(400))) as [Float32Array];
  const kept = values.filter((value) => value !== 0);
  expect(Math.max(...kept) - Math.min(...kept)).toBe(0);
  expect(kept[0]).toBeCloseTo(1 / (1 - rate), 5);
  // Four standard deviations of 40,000 draws.
  const deviation = Math.sqrt((rate * (1 - rate)) / values.length);
  expect(Math.abs(kept.length / values.length - (1 - rate))).toBeLessThan(4 * deviation);
});

test("a mask comes again bit for bit, and differs by step, layer, seed and sample", async () => {
  const rate = 0.5;
  const run = async (seed: number, options: Options, order = identityOrder(50)) =>
    (await ones([{ seed, rate }], 40, order, options))[0] as Float32Array;
  const first = await run(1, { step: 3 });
  expectSameBits(await run(1, { step: 3 }), first, "again");
  const others = [await run(1, { step: 4 }), await run(1, { step: 3, layer: 1 }), await run(2, { step: 3 })];
  others.push(
    await run(
      1,
      { step: 3 },
      Uint32Array.from({ length: 50 }, (_, i) => 50 + i),
    ),
  );
  for (const other of others) {
    const same = other.filter((value, i) => value === first[i]).length / first.length;
    // Independent masks of half agree in half of 2000 places; four deviations.
    expect(Math.abs(same - 0.5)).toBeLessThan(4 * 0.5 * Math.sqrt(1 / 2000));
  }
});

test("a sample's mask does not depend on its place in the batch, nor a member's on the others", async () => {
  const [both] = (await ones([{ seed: 5, rate: 0.5 }], 9, Uint32Array.of(3, 8))) as [Float32Array];
  const [turned] = (await ones([{ seed: 5, rate: 0.5 }], 9, Uint32Array.of(8, 3))) as [Float32Array];
  expectSameBits(turned.subarray(9), both.subarray(0, 9), "sample 3");
  const members = await ones(
    [4, 5, 6].map((seed) => ({ seed, rate: 0.5 })),
    9,
    Uint32Array.of(3, 8),
  );
  expectSameBits(members[1] as Float32Array, both, "member 1");
});

test("evaluation drops nothing", async () => {
  const [values] = (await ones([{ seed: 1, rate: 0.9 }], 13, identityOrder(20), { trains: false })) as [Float32Array];
  expect(values.every((value) => value === 1)).toBe(true);
});
