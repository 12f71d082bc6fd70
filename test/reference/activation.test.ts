import { expect, test } from "vitest";
import { activationBackward, activationForward } from "./activation.ts";
import { expectClose } from "./close.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { uniform } from "./random.ts";

test.each(["identity", "relu"] as const)("%s: backward is the derivative of forward", (activation) => {
  const z = uniform(40, 1);
  const dy = uniform(40, 2);
  const dz = activationBackward(activation, dy, activationForward(activation, z));
  const objective = () => activationForward(activation, z).reduce((sum, y, i) => sum + y * (dy[i] as number), 0);
  expectClose(dz, finiteDifferences(objective, z), { absolute: 1e-9 }, "dz");
});

test("relu cuts negative values and has no gradient at 0", () => {
  const y = activationForward("relu", Float64Array.of(-2, 0, 3));
  expect([...y]).toEqual([0, 0, 3]);
  expect([...activationBackward("relu", Float64Array.of(1, 1, 1), y)]).toEqual([0, 0, 1]);
});
