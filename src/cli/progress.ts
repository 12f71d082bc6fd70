import cliProgress from "cli-progress";
import type { EvalEvent, RunEvent } from "../io/runLog.ts";
import type { Progress } from "../train/runOptions.ts";
import { meanQuality, onTest, onValidation, type Quality, qualityTexts } from "./quality.ts";

export { percent } from "./quality.ts";

/** What a run shows while it goes: a live bar on a terminal, plain lines elsewhere. */
export interface ProgressDisplay {
  onProgress(progress: Progress): void;
  onEvent(event: RunEvent): void;
  /** Leaves the bar standing as it is and the cursor below it. */
  stop(): void;
}

/** The planned length of a run, and the size of its population. */
export interface RunSize {
  readonly epochs: number;
  readonly steps: number;
  readonly members: number;
  /** What its samples are called; images unless given. */
  readonly samples?: string;
}

const SILENT: ProgressDisplay = { onProgress() {}, onEvent() {}, stop() {} };

/** Shows nothing, for `--json`. */
export const silentProgress = (): ProgressDisplay => SILENT;

/** A bar for a terminal, or lines. */
export function createProgress(stream: NodeJS.WriteStream, size: RunSize): ProgressDisplay {
  return stream.isTTY ? createBar(stream, size) : createLines(stream, size);
}

const WIDEST_BAR = 40;
/** Columns from which on there is room for whole words. */
const WIDE = 100;

function createBar(
  stream: NodeJS.WriteStream,
  { epochs, steps, members, samples = "images" }: RunSize,
): ProgressDisplay {
  let quality: Quality = {};
  let latest: Progress | undefined;
  let left = createClock();
  const collect = collectEvals(members);
  const text = (share: number) => {
    const isWide = stream.columns >= WIDE;
    const parts = [`${Math.floor(100 * share)}%`];
    if (latest?.losses.length) parts.push(`loss ${mean(latest.losses).toFixed(4)}`);
    const told = qualityTexts(quality)[0] ?? "";
    if (told) parts.push(isWide ? told : told.replace("accuracy", "acc"));
    if (latest)
      parts.push(`${rate(latest, members)} ${isWide ? samples : samples.replace("images", "img")}/s`, left(share));
    else parts.push("compiling kernels");
    const [head, tail] = [`epoch ${latest?.epoch ?? 1}/${epochs} `, ` ${parts.filter(Boolean).join("  ")}`];
    const columns = stream.columns - 1;
    const width = Math.max(0, Math.min(WIDEST_BAR, columns - head.length - tail.length));
    const done = Math.round(width * share);
    return `${head}${"█".repeat(done)}${"░".repeat(width - done)}${tail}`.slice(0, columns);
  };
  const bar = new cliProgress.SingleBar({
    stream,
    format: (_, { progress }) => text(progress),
    hideCursor: true,
    forceRedraw: true, // also over a "^C"
    gracefulExit: false, // Ctrl-C belongs to the command, which saves a checkpoint first
  });
  let isStopped = false;
  return {
    onProgress(progress) {
      latest = progress;
      bar.update(progress.share);
    },
    onEvent(event) {
      collect(event, (evals) => {
        quality = meanQuality(evals.map(onTest));
      });
      if (event.event !== "start" || isStopped) return;
      const share = (event.resumed_step ?? 0) / steps;
      left = createClock(share);
      bar.start(1, share);
    },
    stop() {
      isStopped = true;
      if (bar.isActive) bar.stop();
    },
  };
}

/** Seconds without a line after which one tells how far the epoch is. */
const QUIET_SECONDS = 10;

function createLines(
  stream: NodeJS.WritableStream,
  { epochs, steps, members, samples = "images" }: RunSize,
): ProgressDisplay {
  let left = createClock();
  let latest: Progress | undefined;
  let written = Date.now();
  const collect = collectEvals(members);
  const write = (epoch: number, step: number, ...parts: string[]) => {
    written = Date.now();
    if (latest) parts.push(`${rate(latest, members)} ${samples}/s`, left(latest.share));
    stream.write(`${[`epoch ${epoch}/${epochs}`, `step ${step}/${steps}`, ...parts].filter(Boolean).join("  ")}\n`);
  };
  return {
    onProgress(progress) {
      latest = progress;
      const { epoch, step, losses, share } = progress;
      if (Date.now() - written < 1000 * QUIET_SECONDS) return;
      write(epoch, step, `${Math.floor(100 * share)} %`, losses.length > 0 ? `loss ${mean(losses).toFixed(4)}` : "");
    },
    onEvent(event) {
      if (event.event === "start") left = createClock((event.resumed_step ?? 0) / steps);
      // One line for the whole population.
      collect(event, (evals) => {
        const average = (name: "train_loss" | "test_loss" | "val_loss") =>
          mean(evals.map((member) => member[name] ?? Number.NaN));
        const losses = [
          `train loss ${average("train_loss").toFixed(4)}`,
          `test loss ${average("test_loss").toFixed(4)}`,
          ...(evals[0]?.val_loss === undefined ? [] : [`val loss ${average("val_loss").toFixed(4)}`]),
        ];
        const told = qualityTexts(meanQuality(evals.map(onTest)));
        const val = qualityTexts(meanQuality(evals.map(onValidation)), "val ");
        const { epoch = 0, step = 0 } = evals[0] ?? {};
        write(epoch, step, ...losses, ...told, ...val);
        const stopped = evals.filter(({ stopped }) => stopped).map(({ model }) => model);
        if (stopped.length === 0) return;
        const who = members > 1 ? `member${stopped.length > 1 ? "s" : ""} ${stopped.join(", ")} stopped` : "stopped";
        stream.write(`${who} early after epoch ${epoch}\n`);
      });
    },
    stop() {},
  };
}

/** Waits for the evaluations of all members of a population that have not stopped. */
function collectEvals(members: number) {
  let left = members;
  let evals: EvalEvent[] = [];
  return (event: RunEvent, onComplete: (evals: readonly EvalEvent[]) => void) => {
    if (event.event === "start") left = members - (event.stopped?.length ?? 0);
    if (event.event !== "eval") return;
    evals.push(event);
    if (evals.length < left) return;
    onComplete(evals);
    left -= evals.filter(({ stopped }) => stopped).length;
    evals = [];
  };
}

/** Mean of a list that is not empty. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Images a second over all members. */
const rate = ({ samplesPerSecond }: Progress, members: number) =>
  Math.round(samplesPerSecond * members).toLocaleString("en");

/** Tells the time left at a share of the run, from the time that the shares since `first` took; nothing at the end. */
function createClock(first = 0): (share: number) => string {
  const start = Date.now();
  return (share) => {
    if (share >= 1 || share <= first) return "";
    const seconds = ((Date.now() - start) / 1000 / (share - first)) * (1 - share);
    if (seconds < 90) return `${Math.ceil(seconds)} s left`;
    return seconds < 5400 ? `${Math.round(seconds / 60)} min left` : `${(seconds / 3600).toFixed(1)} h left`;
  };
}
