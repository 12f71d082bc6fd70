import type { Chunk } from "./chunks.ts";
import { follows, spanOf } from "./chunks.ts";
import { createPacer, MAX_IN_FLIGHT, type Pacer, paced } from "./pacer.ts";
import type { Metrics, Session, SubmitResult } from "./session.ts";
import type { Evaluated } from "./stepRows.ts";

/** Waits for the device; resolves to undefined where the run was aborted and does not wait for it any longer. */
export type Wait = <T>(work: Promise<T>) => Promise<T | undefined>;

/** What one submit has done. */
export interface Completed {
  /** Of the steps that it completed, [steps][members]. */
  readonly metrics: SubmitResult["metrics"];
  readonly samples: number;
  /** Since the submit before was done, or since the first was begun. */
  readonly seconds: number;
}

/** Submits chunks, a few submits in flight, and yields what each has done. */
export async function* submitChunks(
  session: Session,
  pacer: Pacer,
  chunks: Iterator<Chunk>,
  order: Uint32Array | undefined,
  signal: AbortSignal | undefined,
  wait: Wait,
): AsyncGenerator<Completed> {
  const { plan } = session;
  const inFlight: { result: Promise<SubmitResult>; chunks: readonly Chunk[]; samples: number }[] = [];
  const take = taker(chunks);
  let finished = performance.now();
  while (true) {
    while (inFlight.length < MAX_IN_FLIGHT && !signal?.aborted) {
      const next = take(pacer.chunks);
      const first = next[0];
      if (!first) break;
      // A second gradient of the same samples does not count.
      const samples = next.reduce((sum, { rows, gradient }) => sum + (gradient === 0 ? rows : 0), 0);
      const span = spanOf(next);
      const at = first.epoch * plan.data.trainCount + span.start;
      const result = session.train(next, order?.subarray(at, at + span.samples));
      result.catch(() => {}); // awaited below; until then a failure must not count as unhandled
      inFlight.push({ result, chunks: next, samples });
    }
    const oldest = inFlight.shift();
    const result = oldest && (await wait(oldest.result));
    if (!oldest || !result) return;
    const milliseconds = performance.now() - finished;
    pacer.record(oldest.chunks.length, milliseconds);
    finished += milliseconds;
    // A step whose chunks go on in a later submit is reported there.
    const isWhole = oldest.chunks.at(-1)?.isLast ?? true;
    yield {
      metrics: isWhole ? result.metrics : result.metrics.slice(0, -1),
      samples: oldest.samples,
      seconds: milliseconds / 1000,
    };
  }
}

/** Every member on the test set, or on another. Ends early where the signal is aborted; the result then means nothing. */
export async function evaluateTest(
  session: Session,
  signal?: AbortSignal,
  wait: Wait = (work) => work,
  of: Evaluated = "test",
): Promise<readonly Metrics[]> {
  const { plan } = session;
  const count = of === "test" ? plan.data.testCount : (plan.data.validationCount ?? 0);
  const pacer = createPacer(plan.submitChunks);
  let metrics: readonly Metrics[] = [];
  await paced(pacer, session.statisticsDue, 1, signal, (from, to) => wait(session.gatherStatistics(from, to)));
  await paced(pacer, count, plan.evaluateRows, signal, async (start, end) => {
    metrics = (await wait(session.evaluate(start, end, of))) ?? [];
  });
  return metrics;
}

/** Takes chunks for a submit: at most `count`, and none of samples before its first one's. */
function taker(chunks: Iterator<Chunk>): (count: number) => Chunk[] {
  let next: Chunk | undefined;
  return (count) => {
    const taken: Chunk[] = [];
    while (taken.length < count) {
      const chunk = next ?? chunks.next().value;
      next = undefined;
      if (!chunk) break;
      if (taken[0] && !follows(chunk, taken[0])) {
        next = chunk;
        break;
      }
      taken.push(chunk);
    }
    return taken;
  };
}
