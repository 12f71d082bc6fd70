import { describe, expect, test } from "vitest";
import golden from "../golden/losses.json" with { type: "json" };
import { expectClose } from "./close.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { batchLoss, type LossSetting, type Told } from "./losses.ts";
import { integers, uniform } from "./random.ts";

const labels = integers(6, 2, 10);
const cases: readonly (readonly [LossSetting, Told])[] = [
  [{ name: "mse" }, { labels }],
  [{ name: "mse" }, { targets: uniform(60, 3) }],
  [{ name: "hinge" }, { labels }],
  [{ name: "hinge", margin: 0.3 }, { labels }],
  [{ name: "focal", gamma: 0 }, { labels }],
  [{ name: "focal", gamma: 0.5 }, { labels }],
  [{ name: "focal", gamma: 5 }, { labels }],
];

test.each(cases)("dlogits of %j is the gradient of the mean loss", (setting, told) => {
  const z = uniform(6 * 10, 1, 3);
  const { dlogits } = batchLoss(setting, z, told, 10);
  const numeric = finiteDifferences(() => batchLoss(setting, z, told, 10).mean, z);
  expectClose(dlogits, numeric, { absolute: 1e-9 }, "dlogits");
});

// What PyTorch computes in float64 by other formulas, but for rounding.
describe("PyTorch", () => {
  test.each(golden.cases)("$id: $torch", ({ loss, outputs, z, labels, targets, mean, dz }) => {
    const told = labels ? { labels } : { targets: targets as number[] };
    const got = batchLoss(loss, Float64Array.from(z), told, outputs);
    expectClose([got.mean], [mean], { relative: 1e-14 }, "mean");
    expectClose(got.dlogits, dz, { absolute: 1e-15, relative: 1e-12 }, "dz");
  });
});

test("focal loss of gamma 0 is cross-entropy", () => {
  const z = uniform(60, 4, 5);
  const [focal, entropy] = [
    batchLoss({ name: "focal", gamma: 0 }, z, { labels }, 10),
    batchLoss({ name: "cross_entropy" }, z, { labels }, 10),
  ];
  expectClose(focal.losses, entropy.losses, { absolute: 1e-14, relative: 1e-14 }, "losses");
  expectClose(focal.dlogits, entropy.dlogits, { absolute: 1e-15, relative: 1e-13 }, "dlogits");
  expect(focal.hits).toBe(entropy.hits);
});
