import { describe, expect, test } from "vitest";
import type { Dispatch } from "../../src/gpu/dispatch.ts";
import { defineKernel } from "../../src/gpu/kernel.ts";
import { createTimer, median } from "../../src/gpu/timing.ts";
import { measurePeak, measureStream } from "../../src/lab/peak.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";

const gpu = useGpu();

describe("the kernel of multiply-adds does all of its work", () => {
  test.each([1, 3, 8])("with %i accumulators", async (accumulators) => {
    const [rounds, turns, threads, factor] = [5, 16, 128, 0.99];
    const dispatch: Dispatch = {
      label: "peak",
      kernel: defineKernel({ shader: "lab/peak.wgsl", constants: { ACCUMULATORS: accumulators, TURNS: turns } }),
      buffers: { out: "out" },
      shape: { rounds, factor, addend: 1 - factor },
      workgroups: [threads / 64, 1, 1],
    };
    const { out } = await runDispatch(await gpu(), dispatch, stepOf(1), { out: new Float32Array(threads) });
    // a -> a factor + (1 - factor), n times, from a_0: 1 + (a_0 - 1) factor^n
    const left = factor ** (rounds * turns);
    new Float32Array(out as ArrayBuffer).forEach((sum, thread) => {
      const starts = Array.from({ length: 4 * accumulators }, (_, i) => 1e-6 * (thread + i));
      const expected = starts.reduce((total, start) => total + 1 + (start - 1) * left, 0);
      // 80 roundings of 2^-24 each, at most, and addend's own error of 2^-24 x 0.01 a turn: 1e-5 in all
      expect(Math.abs(sum - expected), `thread ${thread}`).toBeLessThan(1e-5 * expected);
    });
  });
});

test.each([
  [1, 1],
  [200, 1],
  [200, 4],
])("the copy copies %i vec4s with %i workgroups", async (quads, workgroups) => {
  const source = Float32Array.from({ length: 4 * quads }, (_, i) => i + 1);
  const dispatch: Dispatch = {
    label: "stream",
    kernel: defineKernel({ shader: "lab/stream.wgsl" }),
    buffers: { source: "source", copy: "copy" },
    shape: { quads },
    workgroups: [workgroups, 1, 1],
  };
  const { copy } = await runDispatch(await gpu(), dispatch, stepOf(1), {
    source,
    copy: new Float32Array(4 * quads + 4),
  });
  expect([...new Float32Array(copy as ArrayBuffer)]).toEqual([...source, 0, 0, 0, 0]);
});

describe("a peak is measured", () => {
  test("by repetition, and by GPU timestamps where the device has them", async () => {
    const opened = await gpu();
    const kinds = opened.device.features.has("timestamp-query") ? [true, false] : [false];
    for (const useTimestamps of kinds) {
      const timer = createTimer(opened, useTimestamps);
      const { gflops, gigabytesPerSecond } = await measurePeak(opened, timer, 0.1);
      const small = await measureStream(opened, timer, 4096, 0.02);
      timer.destroy();
      if (!useTimestamps) expect(timer.kind).toBe("repetition");
      for (const value of [gflops, gigabytesPerSecond, small]) {
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThan(Number.POSITIVE_INFINITY);
      }
    }
    opened.check();
  });
});

test("median", () => {
  expect(median([3])).toBe(3);
  expect(median([10, 1, 3])).toBe(3);
  expect(median([10, 1, 3, 5])).toBe(4);
});
