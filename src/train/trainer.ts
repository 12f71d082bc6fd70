import type { Dataset } from "../data/dataset.ts";
import type { Gpu } from "../gpu/device.ts";
import type { EvalEvent, RunEvent } from "../io/runLog.ts";
import type { Safetensors } from "../io/safetensors.ts";
import { restoreCheckpoint, saveCheckpoint, startFrom } from "./checkpoint.ts";
import { type Chunk, chunksOf } from "./chunks.ts";
import { createPacer, MAX_IN_FLIGHT } from "./pacer.ts";
import type { Plan } from "./plan.ts";
import type { Metrics, Session, SubmitResult } from "./session.ts";

/** A safetensors file that was read, and its name for errors. */
export interface NamedTensors {
  readonly file: string;
  readonly contents: Safetensors;
}

/** How a run goes, beside what it trains. */
export interface RunOptions {
  /** Ends the run after the submits in flight: the checkpoint goes to `onCheckpoint`, then the signal's reason is thrown. */
  readonly signal?: AbortSignal;
  /** Steps from one `step` event to the next; 50 unless given. */
  readonly logEvery?: number;
  /** Called with every checkpoint: each `checkpointEvery` steps, at an interrupt and at the end. */
  readonly onCheckpoint?: (checkpoint: Safetensors) => void | Promise<void>;
  readonly checkpointEvery?: number;
  /** Called after every submit with the steps done and each member's last loss, for a progress display. */
  readonly onProgress?: (progress: Progress) => void;
  /** Parameters that every member starts from, in place of its seed's. */
  readonly initFrom?: NamedTensors;
  /** Sample indices, batch after batch, in place of each member's own order: at least the run's samples. */
  readonly order?: Uint32Array;
  /** A checkpoint of the same recipe to go on from. */
  readonly resumeFrom?: NamedTensors;
}

/** How far a run is. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
  /** From 1. */
  readonly epoch: number;
  /** Last loss of each member. */
  readonly losses: readonly number[];
  /** Samples a second and member, since the epoch began. */
  readonly samplesPerSecond: number;
}

const now = () => performance.now() / 1000;

/**
 * Trains a plan: epochs of steps, an evaluation on the test set after each and at the end. Yields the run's events.
 * @throws the signal's reason where it is aborted; GpuError where the device fails
 */
export async function* runTraining(
  gpu: Gpu,
  session: Session,
  dataset: Dataset,
  options: RunOptions = {},
): AsyncGenerator<RunEvent, void, undefined> {
  const { plan } = session;
  const { signal, order, onCheckpoint, logEvery = 50, checkpointEvery = Number.POSITIVE_INFINITY } = options;
  const started = now();
  await session.prepare(["init", "shuffle", "chunk", "update"]);
  const compiled = now() - started;
  session.uploadTrain(dataset.train);
  session.uploadTest(dataset.test);
  session.initialise();
  if (options.initFrom) startFrom(session, options.initFrom.contents, options.initFrom.file);
  const resumed =
    options.resumeFrom && restoreCheckpoint(session, options.resumeFrom.contents, options.resumeFrom.file);
  yield {
    event: "start",
    recipe: plan.recipe,
    adapter: adapterSummary(gpu),
    ...(resumed && { resumed_step: resumed.step }),
  };
  // Evaluation is needed only after the first epoch: it compiles while that trains.
  const evaluation = session.prepare(["evaluate"]);
  evaluation.catch(() => {}); // awaited below

  const P = plan.members.length;
  let epochLoss = resumed?.epochLoss.slice() ?? new Array<number>(P).fill(0);
  let step = resumed?.step ?? 0;
  let trainSeconds = 0;
  let last: readonly EvalEvent[] = [];
  const pacer = createPacer(plan.submitChunks);
  const checkpoint = async () => onCheckpoint?.(await saveCheckpoint(session, { step, epochLoss }));

  while (step < plan.steps) {
    const epoch = Math.floor(step / plan.stepsPerEpoch);
    const epochEnd = Math.min((epoch + 1) * plan.stepsPerEpoch, plan.steps);
    const epochStart = step;
    while (step < epochEnd) {
      // A checkpoint needs the state between two steps, with nothing in flight.
      const until = Math.min(epochEnd, step + checkpointEvery - (step % checkpointEvery));
      const begun = now();
      for await (const { metrics } of submitChunks(session, pacer, chunksOf(plan, step, until), order, signal)) {
        for (const members of metrics) {
          step++;
          members.forEach(({ loss }, m) => {
            epochLoss[m] = (epochLoss[m] ?? 0) + loss;
          });
          if (step % logEvery === 0) yield* stepEvents(plan, step, members);
        }
        const losses = metrics.at(-1)?.map(({ loss }) => loss);
        if (losses) {
          const seconds = now() - begun;
          const samplesPerSecond = ((step - epochStart) * plan.batch) / (seconds + 1e-9);
          options.onProgress?.({ step, steps: plan.steps, epoch: epoch + 1, losses, samplesPerSecond });
        }
      }
      trainSeconds += now() - begun;
      if (signal?.aborted) {
        await checkpoint();
        throw signal.reason;
      }
      if (step < plan.steps && step % checkpointEvery === 0) await checkpoint();
    }
    const stepsOfEpoch = step - epoch * plan.stepsPerEpoch;
    const trainLoss = epochLoss.map((sum) => sum / stepsOfEpoch);
    await evaluation;
    const results = await evaluateTest(session, signal);
    if (signal?.aborted) {
      await checkpoint();
      throw signal.reason;
    }
    last = results.map(({ loss, hits }, model): EvalEvent => {
      const test_accuracy = hits / plan.data.testCount;
      return {
        event: "eval",
        epoch: epoch + 1,
        step,
        model,
        train_loss: trainLoss[model] ?? 0,
        test_loss: loss,
        test_accuracy,
      };
    });
    yield* last;
    if (step === epochEnd && step % plan.stepsPerEpoch === 0) epochLoss = new Array<number>(P).fill(0);
  }
  await checkpoint();
  yield {
    event: "done",
    steps: step,
    seconds: { total: now() - started, train: trainSeconds, compile: compiled },
    models: last.map(({ model, train_loss, test_loss, test_accuracy }) => {
      return { seed: plan.members[model]?.seed ?? 0, train_loss, test_loss, test_accuracy };
    }),
  };
}

/** Submits chunks, a few submits in flight, and yields the metrics of the steps that each completes. */
async function* submitChunks(
  session: Session,
  pacer: ReturnType<typeof createPacer>,
  chunks: Iterator<Chunk>,
  order: Uint32Array | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<SubmitResult> {
  const { plan } = session;
  const inFlight: { result: Promise<SubmitResult>; chunks: readonly Chunk[] }[] = [];
  let finished = now();
  while (true) {
    while (inFlight.length < MAX_IN_FLIGHT && !signal?.aborted) {
      const next = take(chunks, pacer.chunks);
      const first = next[0];
      if (!first) break;
      const samples = next.reduce((sum, { rows }) => sum + rows, 0);
      const at = first.epoch * plan.data.trainCount + first.position;
      const result = session.train(next, order?.subarray(at, at + samples));
      result.catch(() => {}); // awaited below; until then a failure must not count as unhandled
      inFlight.push({ result, chunks: next });
    }
    const oldest = inFlight.shift();
    if (!oldest) return;
    const { first, metrics } = await oldest.result;
    pacer.record(oldest.chunks.length, (now() - finished) * 1000);
    finished = now();
    // A step whose chunks go on in a later submit is reported there.
    const isWhole = oldest.chunks.at(-1)?.isLast ?? true;
    yield { first, metrics: isWhole ? metrics : metrics.slice(0, -1) };
  }
}

/** Every member on the test set. Ends early where the signal is aborted; the result then means nothing. */
export async function evaluateTest(session: Session, signal?: AbortSignal): Promise<readonly Metrics[]> {
  const { plan } = session;
  const { testCount } = plan.data;
  const pacer = createPacer(plan.submitChunks);
  let metrics: readonly Metrics[] = [];
  for (let start = 0; start < testCount && !signal?.aborted; ) {
    const chunks = pacer.chunks;
    const end = Math.min(testCount, start + chunks * plan.evaluateRows);
    const begun = now();
    metrics = await session.evaluate(start, end);
    pacer.record(chunks, (now() - begun) * 1000);
    start = end;
  }
  return metrics;
}

function* stepEvents(plan: Plan, step: number, metrics: readonly Metrics[]): Generator<RunEvent> {
  for (const [model, { loss }] of metrics.entries()) {
    yield { event: "step", step, model, loss, lr: Number(plan.members[model]?.optimizer.lr) };
  }
}

/** What events and summaries say of the adapter. */
export function adapterSummary({ adapter }: Gpu): object {
  const { name, vendor, architecture, kind, driver, backend, bundled } = adapter;
  return { name, vendor, architecture, kind, driver, backend, bundled };
}

function take<T>(iterator: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = iterator.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
