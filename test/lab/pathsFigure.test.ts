import { expect, test } from "vitest";
import type { Path } from "../../src/lab/paths.ts";
import { drawPaths } from "../../src/lab/pathsFigure.ts";
import { type Point, testFunctions } from "../../src/lab/testFunctions.ts";
import { parseSvg, type SvgElement } from "./svg.ts";

const CAPTION = { steps: 2, grid: [0.1, 1], adapter: "an <adapter>" };

const path = (on: string, optimizer: string, points: readonly Point[], more: Partial<Path> = {}): Path => ({
  function: on,
  optimizer,
  lr: 0.1,
  points,
  value: 0.25,
  ...more,
});

/** The places on a path of absolute M and relative l. */
function placesOf({ attributes }: SvgElement): [number, number][] {
  const places: [number, number][] = [];
  for (const [, command, a, b] of (attributes.d ?? "").matchAll(/([Ml])(-?\d+) ?(-?\d+)/g)) {
    const [x, y] = command === "l" ? (places.at(-1) as [number, number]) : [0, 0];
    places.push([x + Number(a), y + Number(b)]);
  }
  return places;
}

const withClass = (elements: readonly SvgElement[], name: string) =>
  elements.filter(({ attributes }) => attributes.class?.split(" ").includes(name));

test("a path for each optimizer and function, over contours of each function, with the minima marked", async () => {
  const names = ["sgd", "adam", "lion", "prodigy", "a", "b", "c"];
  const paths = testFunctions.flatMap((on) => names.map((name) => path(on.name, name, [on.start, [0, 0.5]])));
  const elements = parseSvg(await drawPaths(testFunctions, paths, CAPTION));
  expect(withClass(elements, "path")).toHaveLength(names.length * testFunctions.length);
  const used = elements.flatMap(({ name, attributes }) => (name === "use" ? [attributes.href] : []));
  for (const on of testFunctions) expect(used.filter((href) => href === `#${on.name}`)).toHaveLength(names.length);
  expect(used.filter((href) => href === "#minimum")).toHaveLength(4);
  expect(withClass(elements, "hill").length).toBeGreaterThan(10 * testFunctions.length);
  // No panel lies on another.
  const panels = withClass(elements, "panel").map(({ attributes }) => attributes.transform);
  expect(new Set(panels).size).toBe(panels.length);
});

test("a path leads from place to place, upwards where y grows, and stays within the panel", async () => {
  const [on] = testFunctions.filter(({ name }) => name === "saddle");
  const points: Point[] = [
    [-1.6, -1.6],
    [0, 0],
    [0, 0],
    [0.8, 0],
  ];
  const elements = parseSvg(await drawPaths(on ? [on] : [], [path("saddle", "sgd", points)], CAPTION));
  const [line] = withClass(elements, "path") as [SvgElement];
  expect(placesOf(line)).toEqual([
    [0, 1500],
    [750, 750],
    [1125, 750],
  ]);
  expect(line.attributes["marker-end"]).toBe("url(#end)");
});

test("a path that left ends at the window's edge and says so; one that is no number ends before", async () => {
  const [on] = testFunctions.filter(({ name }) => name === "saddle");
  const out = (to: Point) => path("saddle", "sgd", [[0, 0], to], { leftAt: 1, value: 1e30 });
  const svg = await drawPaths(on ? [on] : [], [out([1.6e20, 0.8e20]), out([Number.NaN, 0])], CAPTION);
  const elements = parseSvg(svg);
  const [far, nowhere] = withClass(elements, "path") as [SvgElement, SvgElement];
  expect(placesOf(far)).toEqual([
    [750, 750],
    [1500, 375],
  ]);
  expect(placesOf(nowhere)).toEqual([[750, 750]]);
  expect(far.attributes).not.toHaveProperty("marker-end");
  expect(elements.filter(({ text }) => text === "left at step 1")).toHaveLength(2);
});

test("says what it shows, for those who cannot see it too", async () => {
  const [on] = testFunctions;
  const start: Point = [0, 0];
  const paths = [path("rosenbrock", "sgd", [start], { value: 0.00004 }), path("rosenbrock", "adam", [start])];
  const { lr: _, ...free } = path("rosenbrock", "prodigy", [start]);
  const elements = parseSvg(await drawPaths(on ? [on] : [], [...paths, free], CAPTION));
  const textOf = (name: string) => elements.filter((element) => element.name === name).map(({ text }) => text);
  expect(elements[0]?.attributes).toMatchObject({ role: "img", "aria-labelledby": "title desc" });
  expect(elements[0]?.attributes.viewBox).toMatch(/^0 0 \d+ \d+$/);
  expect(textOf("title")).toHaveLength(1);
  expect(textOf("desc").join()).toContain("sgd on rosenbrock: 4e-5; adam on rosenbrock: 0.25");
  const texts = textOf("text");
  expect(texts).toEqual(expect.arrayContaining(["sgd", "lr 0.1", "f = 4e-5", "f = 0.25", "own rate"]));
  expect(texts.join()).toMatch(/takes 2 steps.*of 0\.1, 1 the one whose path ends lowest.* on an &lt;adapter&gt;\./);
});
