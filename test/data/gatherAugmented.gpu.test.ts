import { describe, expect, test } from "vitest";
import type { Augment } from "../../src/data/augment.ts";
import { augmentImage } from "../../src/data/augmentImage.ts";
import type { Dispatch } from "../../src/gpu/dispatch.ts";
import { defineKernel, STEP_SHADER } from "../../src/gpu/kernel.ts";
import { AUGMENT_BUFFER, augmentBuffer, augmentedGather } from "../../src/train/augmentation.ts";
import { gatherDispatch, NORMALISE } from "../../src/train/network.ts";
import { expectClose } from "../reference/close.ts";
import { integers } from "../reference/random.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";
import { expectSameBits } from "../support/session.ts";

const gpuOf = useGpu();

const NONE: Augment = {
  shift: 0,
  rotate: 0,
  scale: 0,
  shear: 0,
  elastic: 0,
  elastic_sigma: 4,
  noise: 0,
  erase: 0,
};
const AFFINE = { shift: 2, rotate: 30, scale: 0.3, shear: 0.4 };
const ALL = { ...NONE, ...AFFINE, elastic: 1.5, elastic_sigma: 3, noise: 0.1, erase: 0.7 };
const SAMPLES = 37;
const UNTOUCHED = -9;

interface Case {
  readonly width?: number;
  readonly height?: number;
  readonly settings: readonly Augment[];
  readonly seeds?: readonly number[];
  readonly rows?: number;
  readonly capacity?: number;
  readonly count?: number;
  readonly first_row?: number;
  readonly order?: Uint32Array;
  /** In place of the dispatch for the settings. */
  readonly change?: (dispatch: Dispatch) => Dispatch;
}

const imagesOf = (rowBytes: number) => Uint8Array.from(integers(SAMPLES * rowBytes, 1, 256));

/** x [P, capacity, rowBytes] of a batch. */
async function run(given: Case): Promise<Float32Array<ArrayBuffer>> {
  const { width = 28, height = 28, settings, rows = 8, capacity = rows, count = 11, first_row = 0 } = given;
  const P = settings.length;
  const {
    seeds = settings.map((_, m) => 100 + m),
    order = integers(P * 64, 2, SAMPLES),
    change = (same) => same,
  } = given;
  const rowBytes = Math.ceil((width * height) / 4) * 4;
  const members = settings.map((augment) => ({ augment }));
  const data = { width, inputs: width * height, rowBytes };
  const size = { members, capacity, rows, normalise: NORMALISE };
  const dispatch =
    augmentedGather(data, size) ?? augmentedGather(data, { ...size, members: members.map(() => ({ augment: ALL })) });
  const { x } = await runDispatch(
    await gpuOf(),
    change(dispatch as Dispatch),
    stepOf(rows, { members: P, count, first_row, order_stride: P > 1 ? 64 : 0 }),
    {
      train_images: imagesOf(rowBytes),
      order,
      seeds: Uint32Array.from(seeds),
      [AUGMENT_BUFFER]: Uint32Array.from(augmentBuffer(members).values ?? []),
      x: new Float32Array(P * capacity * rowBytes).fill(UNTOUCHED),
    },
  );
  return new Float32Array(x as ArrayBuffer);
}

describe("equals the reference", () => {
  test.each<[string, Partial<Case>]>([
    ["shift", { settings: [{ ...NONE, shift: 3.7 }] }],
    ["rotation", { settings: [{ ...NONE, rotate: 180 }] }],
    ["scale", { settings: [{ ...NONE, scale: 0.6 }] }],
    ["shear", { settings: [{ ...NONE, shear: 0.8 }] }],
    ["elastic distortion", { settings: [{ ...NONE, elastic: 2 }] }],
    ["a fine one", { settings: [{ ...NONE, elastic: 0.5, elastic_sigma: 1 }] }],
    ["a coarse one", { settings: [{ ...NONE, elastic: 2, elastic_sigma: 60 }] }],
    ["noise", { settings: [{ ...NONE, noise: 0.3 }] }],
    ["erasing", { settings: [{ ...NONE, erase: 1 }] }],
    ["erasing where few rectangles fit", { settings: [{ ...NONE, erase: 1 }], width: 40, height: 6, rows: 30 }],
    ["everything, three members", { settings: [ALL, { ...ALL, rotate: 5, noise: 0.4 }, { ...ALL, elastic: 0.2 }] }],
    ["odd images", { settings: [ALL, ALL], width: 7, height: 9, rows: 5, capacity: 7, first_row: 3 }],
    ["images of a line", { settings: [{ ...NONE, ...AFFINE }], width: 5, height: 1, rows: 20 }],
  ])("%s", async (_, { settings = [], ...given }) => {
    const { width = 28, height = 28, rows = 8, capacity = rows, first_row = 0 } = given;
    const got = await run({ settings, ...given });
    const [inputs, rowBytes] = [width * height, Math.ceil((width * height) / 4) * 4];
    const images = imagesOf(rowBytes);
    const order = integers(settings.length * 64, 2, SAMPLES);
    const expected = settings.flatMap((augment, m) =>
      Array.from({ length: capacity }, (_, row) => {
        if (row >= rows) return new Array<number>(rowBytes).fill(UNTOUCHED);
        const sample = order[m * 64 + first_row + row] as number;
        const image = images.subarray(sample * rowBytes, sample * rowBytes + inputs);
        const greys = augmentImage(image, { width, height }, augment, { seed: 100 + m, step: 11, sample });
        const pads = new Array<number>(rowBytes - inputs).fill(0);
        return [...[...greys].map((grey) => (grey / 255 - 0.5) / 0.5), ...pads];
      }).flat(),
    );
    // A place is off by some units of rounding at 40 pixels, 2^-18 each; between random pixels x changes by up to 2 a pixel.
    expectClose(got, expected, { absolute: 1e-4 }, "x");
    const fixed = [...expected.keys()].filter((i) => expected[i] === 0 || expected[i] === UNTOUCHED);
    expect(fixed.every((i) => got[i] === expected[i])).toBe(true);
  });
});

test.each([
  { width: 28, height: 28 },
  { width: 7, height: 9 },
])(
  "with every kind in the kernel and every setting 0 it has the plain gather's bits: $width x $height",
  async (size) => {
    const rowBytes = Math.ceil((size.width * size.height) / 4) * 4;
    const order = integers(64, 2, SAMPLES);
    const same = await run({ ...size, settings: [NONE], order });
    const data = { inputs: size.width * size.height, rowBytes };
    const { x } = await runDispatch(
      await gpuOf(),
      { ...gatherDispatch("train", data, { members: 1, capacity: 8, rows: 8 }) },
      stepOf(8),
      { train_images: imagesOf(rowBytes), order, x: new Float32Array(8 * rowBytes) },
    );
    expectSameBits(same, new Float32Array(x as ArrayBuffer), "x");
  },
);

describe("whole pixels move exactly", () => {
  const [width, height] = [9, 7];
  const images = Uint8Array.from(integers(64, 1, 256));
  const grey = (x: number, y: number) => (x < 0 || y < 0 || x > 8 || y > 6 ? 0 : (images[y * 9 + x] as number));
  const kernel = defineKernel({
    shader: "test/affine.wgsl",
    uses: [
      STEP_SHADER,
      "lib/random.wgsl",
      "lib/normal.wgsl",
      ...["settings", "image", "affine"].map((name) => `data/augment/${name}.wgsl`),
    ],
    source: `
      @group(1) @binding(2) var<storage, read> given: array<f32>;
      @group(1) @binding(3) var<storage, read_write> x: array<f32>;
      @compute @workgroup_size(1)
      fn main(@builtin(workgroup_id) group: vec3<u32>) {
        let affine = inverse_affine(vec2<f32>(given[0], given[1]), given[2], given[3], given[4]);
        let at = vec2<f32>(f32(group.x % shape.columns), f32(group.x / shape.columns));
        x[group.x] = bilinear(0u, source_of(affine, at));
      }`,
  });
  test.each<[string, readonly number[], (x: number, y: number) => number]>([
    ["nothing", [0, 0, 0, 1, 0], grey],
    ["a shift to the right and up", [2, -3, 0, 1, 0], (x, y) => grey(x - 2, y + 3)],
    ["half a turn", [0, 0, 180, 1, 0], (x, y) => grey(8 - x, 6 - y)],
    ["half a turn back", [0, 0, -180, 1, 0], (x, y) => grey(8 - x, 6 - y)],
    ["a quarter turn, clockwise", [0, 0, 90, 1, 0], (x, y) => grey(4 + (y - 3), 3 - (x - 4))],
    ["a quarter turn back", [0, 0, -90, 1, 0], (x, y) => grey(4 - (y - 3), 3 + (x - 4))],
    ["a half of the size", [0, 0, 0, 0.5, 0], (x, y) => grey(4 + 2 * (x - 4), 3 + 2 * (y - 3))],
    ["a shear of a pixel a line", [0, 0, 0, 1, 1], (x, y) => grey(x - (y - 3), y)],
  ])("%s", async (_, given, expected) => {
    const shape = { columns: width, lines: height, words: 16, x_stride: 16, scale: 1, shift: 0, spacing: 1 };
    const buffers = { images: "images", given: "given", x: "x", seeds: "none", augment: "none" };
    const dispatch = { label: "affine", kernel, buffers, shape, workgroups: [63, 1, 1] } as const;
    const arrays = { images, given: Float32Array.from(given), x: new Float32Array(63), none: new Float32Array(7) };
    const { x } = await runDispatch(await gpuOf(), dispatch, stepOf(1), arrays);
    expect([...new Float32Array(x as ArrayBuffer)]).toEqual(
      Array.from({ length: 63 }, (_, pixel) => expected(pixel % 9, Math.floor(pixel / 9))),
    );
  });
});

test("a sample's change depends on seed, step and sample alone: not on its row, on other members or on workgroups", async () => {
  const [settings, rows] = [[ALL, ALL, { ...ALL, rotate: 90 }], 8];
  const order = integers(3 * 64, 2, SAMPLES);
  const all = await run({ settings, order });
  expectSameBits(await run({ settings, order }), all, "the same again");
  const part = (m: number) => all.subarray(m * rows * 784, (m + 1) * rows * 784);
  for (const m of [0, 1, 2]) {
    const own = order.slice(m * 64, (m + 1) * 64);
    const alone = { settings: [settings[m] as Augment], seeds: [100 + m], order: own };
    expectSameBits(await run(alone), part(m), `member ${m} alone`);
    const few = { ...alone, change: (one: Dispatch) => ({ ...one, workgroups: [3, 1, 1] as const }) };
    expectSameBits(await run(few), part(m), `member ${m} in three workgroups`);
  }
  const alone = { settings: [ALL], order: order.slice(0, 64) };
  const rest = await run({ ...alone, rows: 3, first_row: 5 });
  expectSameBits(rest, part(0).subarray(5 * 784), "rows from the fifth on");
  for (const other of [{ count: 12 }, { seeds: [7] }]) {
    const changed = await run({ ...alone, ...other });
    for (let row = 0; row < rows; row++) {
      const [a, b] = [changed, part(0)].map((x) => [...x.subarray(row * 784, (row + 1) * 784)]);
      expect(a).not.toEqual(b);
    }
  }
});
