import cliProgress from "cli-progress";
import type { EvalEvent, RunEvent } from "../io/runLog.ts";
import type { Progress } from "../train/trainer.ts";

/** What a run shows while it goes: a live bar on a terminal, plain lines elsewhere. */
export interface ProgressDisplay {
  onProgress(progress: Progress): void;
  onEvent(event: RunEvent): void;
  /** Leaves the bar standing as it is and the cursor below it. */
  stop(): void;
}

const SILENT: ProgressDisplay = { onProgress() {}, onEvent() {}, stop() {} };

/** Shows nothing, for `--json`. */
export const silentProgress = (): ProgressDisplay => SILENT;

/** A bar for a terminal, or lines. @param epochs planned, for `epoch 3/10` */
export function createProgress(stream: NodeJS.WriteStream, epochs: number): ProgressDisplay {
  return stream.isTTY ? createBar(stream, epochs) : createLines(stream, epochs);
}

function createBar(stream: NodeJS.WriteStream, epochs: number): ProgressDisplay {
  let accuracy = "";
  const bar = new cliProgress.SingleBar({
    stream,
    format: "epoch {epoch} {bar} {percentage}%  loss {loss}{accuracy}  {rate} images/s  {left} left",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    gracefulExit: false, // Ctrl-C belongs to the command, which saves a checkpoint first
    forceRedraw: true,
  });
  const start = Date.now();
  let first: number | undefined;
  return {
    onProgress({ step, steps, epoch, losses, samplesPerSecond }) {
      const values = {
        epoch: `${epoch}/${epochs}`,
        loss: mean(losses).toFixed(4),
        accuracy,
        rate: Math.round(samplesPerSecond * losses.length).toLocaleString("en"),
        left: timeLeft(start, (first ??= step - 1), step, steps),
      };
      if (bar.isActive) bar.update(step, values);
      else bar.start(steps, step, values);
    },
    onEvent(event) {
      if (event.event === "eval") accuracy = `  accuracy ${percent(event.test_accuracy)}`;
    },
    stop() {
      if (bar.isActive) bar.stop();
    },
  };
}

function createLines(stream: NodeJS.WritableStream, epochs: number): ProgressDisplay {
  const start = Date.now();
  let latest: Progress | undefined;
  let first = 0;
  let evals: EvalEvent[] = [];
  return {
    onProgress(progress) {
      if (!latest) first = progress.step - 1;
      latest = progress;
    },
    onEvent(event) {
      if (event.event !== "eval" || !latest) return;
      evals.push(event);
      if (evals.length < latest.losses.length) return; // one line for the whole population
      const { step, steps, samplesPerSecond } = latest;
      stream.write(
        `epoch ${event.epoch}/${epochs}  step ${step}  train loss ${mean(evals.map((e) => e.train_loss)).toFixed(4)}` +
          `  test loss ${mean(evals.map((e) => e.test_loss)).toFixed(4)}` +
          `  accuracy ${percent(mean(evals.map((e) => e.test_accuracy)))}` +
          `  ${Math.round(samplesPerSecond * evals.length).toLocaleString("en")} images/s` +
          `${step < steps ? `  ${timeLeft(start, first, step, steps)} left` : ""}\n`,
      );
      evals = [];
    },
    stop() {},
  };
}

/** Mean of a list that is not empty. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A share of 1 as per cent, to the hundredth: 10,000 test samples give no more. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function timeLeft(start: number, first: number, step: number, steps: number): string {
  const seconds = ((Date.now() - start) / 1000 / Math.max(1, step - first)) * (steps - step);
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
