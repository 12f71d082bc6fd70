import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";
import { expect, test } from "vitest";
import { contactSheet } from "../../src/cli/contactSheet.ts";
import { AUGMENT_KINDS } from "../../src/data/augment.ts";
import { augmentFields } from "../../src/train/augmentField.ts";
import { downhill, testFolder } from "./run.ts";

const folder = testFolder();

test("a contact sheet holds the originals, then what the kernel makes of them", async () => {
  const sheet = async (...flags: string[]) => {
    const result = await downhill(folder, "augment", "--data", "data", "--columns", "2", "--out", "a.png", ...flags);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(result.stdout).toMatch(/^a\.png: 273x873 pixels, 10 classes, 2 steps, by .+\n$/);
    return decode(readFileSync(join(folder, "a.png")));
  };
  const erased = await sheet("--augment", "erase=1,noise=0.2");
  expect(erased).toMatchObject({ width: 273, height: 873, channels: 1, depth: 8 });
  const bytes = readFileSync(join(folder, "data", "train-images-idx3-ubyte")).subarray(16);
  const labels = readFileSync(join(folder, "data", "train-labels-idx1-ubyte")).subarray(8);
  /** The image of a row and column. */
  const image = ({ data }: typeof erased, row: number, column: number) =>
    Array.from({ length: 784 }, (_, pixel) => {
      const x = 3 + column * 87 + (column > 0 ? 9 : 0) + 3 * (pixel % 28);
      return 255 - (data[(3 + row * 87 + 3 * Math.floor(pixel / 28)) * 273 + x] as number);
    });
  const again = await sheet("--augment", "erase=1,noise=0.2");
  const other = await sheet("--augment", "erase=1,noise=0.2", "--seed", "1");
  expect([...again.data]).toEqual([...erased.data]);
  for (let label = 0; label < 10; label++) {
    const at = 784 * labels.indexOf(label);
    expect(image(erased, label, 0)).toEqual([...bytes.subarray(at, at + 784)]);
    expect(image(erased, label, 1)).not.toEqual(image(erased, label, 2));
    expect(image(erased, label, 1)).not.toEqual(image(other, label, 1));
    // A hole of 2 % is 16 pixels.
    expect(image(erased, label, 1).filter((grey) => grey === 0).length).toBeGreaterThan(12);
  }
});

test("list tells every setting with its range, and inspect which are on", async () => {
  const [list, one, plan] = await Promise.all([
    downhill(folder, "list", "augmentations"),
    downhill(folder, "list", "elastic", "--json"),
    downhill(folder, "inspect", "--data", "data", "--augment", "shift=2,erase=0.5"),
  ]);
  expect([list.code, list.stderr, one.stderr, plan.stderr]).toEqual([0, "", "", ""]);
  expect([...list.stdout.matchAll(/^(\w+): /gm)].map(([, name]) => name)).toEqual([...AUGMENT_KINDS]);
  for (const name of augmentFields) expect(list.stdout).toMatch(new RegExp(`^  ${name} +[04]  +\\S`, "m"));
  const { hyper, shader } = JSON.parse(one.stdout) as { hyper: { name: string; range: string }[]; shader: string };
  expect(hyper.map(({ name, range }) => [name, range])).toEqual([
    ["elastic", "0 or more"],
    ["elastic_sigma", "1 or more"],
  ]);
  expect(readFileSync(new URL(`../../${shader}`, import.meta.url), "utf8")).toContain("Simard");
  expect(plan.stdout).toMatch(/^augment {6}shift=2 rotate=0 .* erase=0\.5$/m);
  expect(plan.stdout).toMatch(/gather_augmented\.wgsl \(AFFINE=true, ELASTIC=false, NOISE=false, ERASE=true\)/);
});

test("a recipe that changes nothing, and settings that do not exist, are bad usage", async () => {
  const results = await Promise.all([
    downhill(folder, "augment", "--data", "data"),
    downhill(folder, "augment", "--data", "data", "--augment", "rotat=3"),
    downhill(folder, "augment", "--data", "data", "--augment", "rotate"),
    downhill(folder, "train", "--data", "data", "--augment", "rotate=1,rotate=2"),
  ]);
  expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  const [nothing, unknown, bare, twice] = results.map(({ stderr }) => stderr);
  expect(nothing).toMatch(/^downhill: augment: the recipe changes no images: give it settings, such as rotate=12\n$/);
  expect(unknown).toContain('augment: unknown field "rotat" (did you mean "rotate"?)');
  expect(bare).toContain('"rotate" must be key=value');
  expect(twice).toContain('"rotate" is given twice');
});

test("images keep their place and are inverted: ink black on white", () => {
  const one = Uint8Array.of(0, 255, 10, 20);
  const { width, height, data } = contactSheet([[one, one]], { width: 2, height: 2 }, 2);
  expect([width, height]).toEqual([3 + 4 + 12 + 4 + 3, 3 + 4 + 3]);
  const line = (y: number) => [...data.subarray(y * width, (y + 1) * width)];
  const ground = (count: number) => new Array<number>(count).fill(0xc0);
  expect(line(0)).toEqual(ground(width));
  const first = [255, 255, 0, 0];
  expect(line(3)).toEqual([...ground(3), ...first, ...ground(12), ...first, ...ground(3)]);
  const second = [245, 245, 235, 235];
  expect(line(6)).toEqual([...ground(3), ...second, ...ground(12), ...second, ...ground(3)]);
});
