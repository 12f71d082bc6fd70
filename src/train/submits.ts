import type { Chunk } from "./chunks.ts";
import { createPacer, MAX_IN_FLIGHT, type Pacer } from "./pacer.ts";
import type { Metrics, Session, SubmitResult } from "./session.ts";

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
  let finished = performance.now();
  while (true) {
    while (inFlight.length < MAX_IN_FLIGHT && !signal?.aborted) {
      const next = take(chunks, pacer.chunks);
      const first = next[0];
      if (!first) break;
      const samples = next.reduce((sum, { rows }) => sum + rows, 0);
      const at = first.epoch * plan.data.trainCount + first.position;
      const result = session.train(next, order?.subarray(at, at + samples));
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

/** Every member on the test set. Ends early where the signal is aborted; the result then means nothing. */
export async function evaluateTest(
  session: Session,
  signal?: AbortSignal,
  wait: Wait = (work) => work,
): Promise<readonly Metrics[]> {
  const { plan } = session;
  const { testCount } = plan.data;
  const pacer = createPacer(plan.submitChunks);
  let metrics: readonly Metrics[] = [];
  for (let start = 0; start < testCount && !signal?.aborted; ) {
    const chunks = pacer.chunks;
    const end = Math.min(testCount, start + chunks * plan.evaluateRows);
    const begun = performance.now();
    metrics = (await wait(session.evaluate(start, end))) ?? [];
    pacer.record(chunks, performance.now() - begun);
    start = end;
  }
  return metrics;
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
