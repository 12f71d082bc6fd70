import { expect, test } from "vitest";
import { besideName, bestOf, isRestored, withBest, withLast } from "../../src/train/best.ts";

const tensor = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
const checkpoint = {
  tensors: new Map([
    ["member.0.fc1.bias", tensor(1)],
    ["member.1.fc1.bias", tensor(2)],
    ["member.0.optim.exp_avg.fc1.bias", tensor(3)],
    ["member.0.best.fc1.bias", tensor(4)],
    ["member.1.best.fc1.bias", tensor(5)],
  ]),
  metadata: { format: "downhill 1", recipe: "{}", kernels: "{}", step: "7", early_stopping: "[]" },
};

test("names beside a tensor's stand behind the member", () => {
  expect(besideName("best", "member.12.fc1.bias")).toBe("member.12.best.fc1.bias");
  expect(besideName("last", "fc1.bias")).toBe("last.fc1.bias");
});

test("the best weights take the names, the last ones are kept, and both can be exchanged back", () => {
  const restored = withBest(checkpoint);
  expect(restored.tensors.get("member.0.fc1.bias")).toEqual(tensor(4));
  expect(restored.tensors.get("member.1.fc1.bias")).toEqual(tensor(5));
  expect(restored.tensors.get("member.1.last.fc1.bias")).toEqual(tensor(2));
  expect(restored.tensors.get("member.0.optim.exp_avg.fc1.bias")).toEqual(tensor(3));
  expect(restored.tensors.size).toBe(checkpoint.tensors.size);
  expect([isRestored(restored), isRestored(checkpoint)]).toEqual([true, false]);
  expect(withLast(restored)).toEqual(checkpoint);
  expect(withLast(checkpoint)).toBe(checkpoint);
});

test("the best by themselves have the plain names and no position", () => {
  const expected = new Map([
    ["member.0.fc1.bias", tensor(4)],
    ["member.1.fc1.bias", tensor(5)],
  ]);
  for (const from of [checkpoint, withBest(checkpoint)]) {
    const best = bestOf(from);
    expect(best?.tensors).toEqual(expected);
    expect(best?.metadata).toEqual({ format: "downhill 1", recipe: "{}", kernels: "{}", early_stopping: "[]" });
  }
});

test("a checkpoint without best weights stays as it is", () => {
  const plain = { tensors: new Map([["fc1.bias", tensor(1)]]), metadata: { step: "1" } };
  expect(withBest(plain)).toEqual(plain);
  expect(bestOf(plain)).toBeUndefined();
});
