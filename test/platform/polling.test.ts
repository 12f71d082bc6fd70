import * as timers from "node:timers";
import { setImmediate as immediately } from "node:timers/promises";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { requestAdapter } from "../../src/platform/node.ts";
import { sleepBetweenPolls } from "../../src/platform/polling.ts";
import { run } from "./run.ts";

describe("setImmediate of everyone else", () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await (await requestAdapter()).adapter.requestDevice();
    return () => device.destroy();
  });

  /** A promise of the bindings that is not settled yet. */
  const pending = () => device.queue.onSubmittedWorkDone();

  test("is Node's own", async () => {
    const done = pending();
    expect(setImmediate).toBe(timers.setImmediate);
    await done;
    expect(setImmediate).toBe(timers.setImmediate);
  });

  test("runs, can be cleared, and has its promise forms", async () => {
    const done = pending();
    const cleared = vi.fn();
    clearImmediate(setImmediate(cleared));
    expect(await promisify(setImmediate)("value")).toBe("value");
    expect(await immediately("value")).toBe("value");
    expect(cleared).not.toHaveBeenCalled();
    await done;
  });

  test("stays itself for a handler that the bindings call in the middle of their own work", async () => {
    const cleared = vi.fn();
    class Calling {
      mapAsync(): Promise<unknown> {
        // Past the time in which polls do not sleep.
        for (const start = performance.now(); performance.now() < start + 3; );
        clearImmediate(setImmediate(cleared));
        // A promise's resolving function looks as native as a poll does.
        const plain = new Promise((resolve) => expect(setImmediate(resolve)).toBeInstanceOf(Object));
        return Promise.all([plain, new Promise((resolve) => setImmediate(resolve, "argument"))]);
      }
    }
    sleepBetweenPolls({ GPUBuffer: Calling });
    expect(await new Calling().mapAsync()).toEqual([undefined, "argument"]);
    expect(cleared).not.toHaveBeenCalled();
  });

  test("a call that throws leaves it in place", () => {
    class Failing {
      mapAsync(): never {
        throw new Error("thrown");
      }
    }
    sleepBetweenPolls({ GPUBuffer: Failing });
    expect(() => new Failing().mapAsync()).toThrow("thrown");
    expect(setImmediate).toBe(timers.setImmediate);
  });

  test("fake timers do not stop the device", async () => {
    vi.useFakeTimers();
    try {
      await pending();
    } finally {
      vi.useRealTimers();
    }
  });
});

test("a process sleeps while it waits, is idle without work, and ends by itself", async () => {
  const { code, stdout, stderr, closing } = await run("wait.ts", []);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { utilization, idle } = JSON.parse(stdout);
  // Polls without sleep keep the thread busy throughout: 1.
  expect(utilization).toBeLessThan(0.3);
  expect(idle).toBeLessThan(0.2);
  expect(closing).toBeLessThan(3000);
});

test("a device works on when its adapter and its GPU object are garbage", async () => {
  expect(await run("collect.ts", [])).toMatchObject({ code: 0, stdout: "works\n", stderr: "" });
});

test("known warnings are kept off stderr, and nothing else is", async () => {
  const { stderr } = await run("stderr.ts", []);
  expect(stderr.split("\n")).toEqual([
    "inside",
    "before a throw",
    "thrown",
    expect.stringMatching(/^Warning: max/),
    "outside",
    "",
  ]);
});
