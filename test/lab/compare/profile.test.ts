import { expect, test } from "vitest";
import { performanceProfile } from "../../../src/lab/compare/profile.ts";

const NEVER = Number.POSITIVE_INFINITY;

test("performance profiles, by hand", () => {
  const problems = [
    { label: "p", costs: { a: 100, b: 200, c: NEVER } },
    { label: "q", costs: { a: 300, b: 100, c: 100 } },
    { label: "r", costs: { a: 10, b: 50, c: 40 } },
    { label: "nobody", costs: { a: NEVER, b: NEVER } },
  ];
  const profile = performanceProfile(problems, ["a", "b", "c"]);
  expect(profile).toMatchObject({ tau: 4, problems: ["p", "q", "r"], unsolved: ["nobody"] });
  const third = (n: number) => expect.closeTo(n / 3, 12);
  // Ratios of a: 1, 3, 1; of b: 2, 1, 5, which is beyond 4; of c: never, 1, 4.
  expect(profile.lines).toEqual([
    { contender: "a", points: [[1, third(2)], [3, 1]], score: expect.closeTo((2 * (2 / 3) + 1) / 3, 12) }, // biome-ignore format: a row a contender
    { contender: "b", points: [[1, third(1)], [2, third(2)]], score: expect.closeTo((1 / 3 + 2 * (2 / 3)) / 3, 12) }, // biome-ignore format: a row a contender
    { contender: "c", points: [[1, third(1)], [4, third(2)]], score: third(1) }, // biome-ignore format: a row a contender
  ]);
});

test("one that solves nothing has no share, and two that are there at once have all", () => {
  const { lines } = performanceProfile([{ label: "p", costs: { a: 0, b: 0, c: NEVER } }], ["a", "b", "c"]);
  expect(lines.map(({ score }) => score)).toEqual([1, 1, 0]);
  expect(lines[2]?.points).toEqual([[1, 0]]);
});

test("without a solved problem there is no share", () => {
  expect(performanceProfile([], ["a"]).lines).toEqual([{ contender: "a", points: [[1, 0]], score: 0 }]);
});
