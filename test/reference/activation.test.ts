import { expect, test } from "vitest";
import { activate, activationBackward, activationForward, activationNames } from "./activation.ts";
import { expectClose } from "./close.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { uniform } from "./random.ts";

test.each(activationNames)("%s: backward is the derivative of forward", (activation) => {
  const z = uniform(60, 1, 4);
  const dy = uniform(60, 2);
  const dz = activationBackward(activation, dy, z);
  const objective = () => activationForward(activation, z).reduce((sum, y, i) => sum + y * (dy[i] as number), 0);
  expectClose(dz, finiteDifferences(objective, z), { absolute: 1e-9 }, "dz");
});

test("relu cuts negative values and has no gradient at 0", () => {
  const y = activationForward("relu", Float64Array.of(-2, 0, 3));
  expect([...y]).toEqual([0, 0, 3]);
  expect([...activationBackward("relu", Float64Array.of(1, 1, 1), y)]).toEqual([0, 0, 1]);
});

// What PyTorch 1.13 gives in float64 for torch.nn.functional.NAME; gelu_tanh is gelu with approximate="tanh".
test.each([
  ["leaky_relu", -0.015, 0.75],
  ["elu", -0.7768698398515702, 0.75],
  ["selu", -1.3658143533672527, 0.7880257405166103],
  ["sigmoid", 0.18242552380635635, 0.679178699175393],
  ["tanh", -0.9051482536448664, 0.6351489523872873],
  ["softplus", 0.2014132779827524, 1.1368710061148999],
  ["silu", -0.2736382857095345, 0.5093840243815447],
  ["gelu", -0.10021080190328704, 0.5800294857173489],
  ["gelu_tanh", -0.10042842301976707, 0.5799605551656203],
  ["mish", -0.29809974216680674, 0.6100183352182934],
] as const)("%s at -1.5 and 0.75", (activation, low, high) => {
  expect([-1.5, 0.75].map((z) => activate(activation, z))).toEqual([low, high].map((y) => expect.closeTo(y, 12)));
});
