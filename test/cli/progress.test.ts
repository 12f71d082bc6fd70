import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createProgress } from "../../src/cli/progress.ts";
import type { EvalEvent, StartEvent } from "../../src/io/runLog.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const START: StartEvent = { event: "start", recipe: {}, adapter: {} };
const SIZE = { epochs: 10, steps: 6000, members: 2 };
const evalOf = (model: number, test_accuracy: number): EvalEvent => {
  return { event: "eval", epoch: 1, step: 600, model, train_loss: 0.25, test_loss: 0.125, test_accuracy };
};
const progressOf = (step: number) => {
  const epoch = Math.ceil(step / 600);
  return { step, steps: 6000, share: step / 6000, epoch, losses: [1.5, 0.5], samplesPerSecond: 12_345 };
};

/** A stream that keeps what is written to it; a terminal where it has columns. */
function recorder(columns?: number) {
  const stream = new PassThrough();
  const text: string[] = [];
  stream.on("data", (chunk: Buffer) => text.push(chunk.toString()));
  const tty = columns === undefined ? {} : { isTTY: true, columns };
  return { stream: Object.assign(stream, tty) as unknown as NodeJS.WriteStream, text: () => text.join("") };
}

test.each([
  [80, "acc 95.00 %  24,690 img/s"],
  [120, "accuracy 95.00 %  24,690 images/s"],
])("a terminal of %i columns gets a bar that fits it", (columns, parts) => {
  const { stream, text } = recorder(columns);
  const progress = createProgress(stream, SIZE);
  progress.onEvent(START);
  vi.advanceTimersByTime(1000);
  expect(text()).toContain("0%  compiling kernels");
  for (const step of [100, 300, 600]) {
    progress.onProgress(progressOf(step));
    vi.advanceTimersByTime(1000);
  }
  progress.onEvent(evalOf(0, 0.94));
  progress.onEvent(evalOf(1, 0.96));
  progress.onProgress(progressOf(6000 - 600));
  vi.advanceTimersByTime(1000);
  progress.stop();
  progress.stop();
  // Each state without the terminal's control sequences.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is split at
  const states = text().split(/(?:\x1b\[[\d;?]*[A-Za-z]|\r|\n)+/);
  const last = states.filter((state) => state.startsWith("epoch")).at(-1) ?? "";
  expect(last).toMatch(/^epoch 9\/10 █+░+ 90% {2}loss 1\.0000 {2}/);
  expect(last).toContain(parts);
  expect(last).toMatch(/ {2}\d+ s left$/);
  expect(Math.max(...states.map((state) => state.length))).toBeLessThan(columns);
  expect(text().endsWith("\n")).toBe(true);
  // Line wrap and cursor are on again.
  expect(text().lastIndexOf("\x1b[?7h")).toBeGreaterThan(text().lastIndexOf("\x1b[?7l"));
  expect(text().lastIndexOf("\x1b[?25h")).toBeGreaterThan(text().lastIndexOf("\x1b[?25l"));
});

test("elsewhere there is a line for each evaluation, and one after ten seconds without", () => {
  const { stream, text } = recorder();
  const progress = createProgress(stream, SIZE);
  progress.onEvent(START);
  for (let step = 50; step <= 600; step += 50) {
    vi.advanceTimersByTime(2000);
    progress.onProgress(progressOf(step));
  }
  progress.onEvent(evalOf(0, 0.94));
  expect(text().split("\n")).toHaveLength(3);
  progress.onEvent(evalOf(1, 0.96));
  progress.stop();
  expect(text()).toBe(
    "epoch 1/10  step 250/6000  4 %  loss 1.0000  24,690 images/s  4 min left\n" +
      "epoch 1/10  step 500/6000  8 %  loss 1.0000  24,690 images/s  4 min left\n" +
      "epoch 1/10  step 600/6000  train loss 0.2500  test loss 0.1250  accuracy 95.00 %  24,690 images/s  4 min left\n",
  );
});

test("members that stop early are told, and those that go on are not kept waiting for", () => {
  const { stream, text } = recorder();
  const progress = createProgress(stream, { ...SIZE, members: 3 });
  progress.onEvent({ ...START, stopped: [2] });
  const val = { val_loss: 0.5, val_accuracy: 0.75 };
  progress.onEvent({ ...evalOf(0, 0.94), ...val, stopped: true });
  progress.onEvent({ ...evalOf(1, 0.96), ...val });
  progress.onEvent({ ...evalOf(1, 0.98), ...val, epoch: 2, step: 1200, stopped: true });
  const lines = text().split("\n");
  expect(lines[0]).toContain("test loss 0.1250  val loss 0.5000  accuracy 95.00 %  val accuracy 75.00 %");
  expect(lines[1]).toBe("member 0 stopped early after epoch 1");
  expect(lines[2]).toContain("accuracy 98.00 %");
  expect(lines[3]).toBe("member 1 stopped early after epoch 2");
});
