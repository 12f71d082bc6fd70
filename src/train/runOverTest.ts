import { type BufferSpec, createBuffer, readBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { type Dispatch, encodeDispatches, prepareDispatches } from "../gpu/dispatch.ts";
import { createPacer, paced } from "./pacer.ts";
import { STEP_STRIDE } from "./planBuffers.ts";
import type { Session } from "./session.ts";
import { evaluationRows } from "./stepRows.ts";
import type { Wait } from "./submits.ts";
import { createStepTable } from "./tables.ts";

/** How predictions are made. */
export interface PredictOptions {
  /** Whether with the best weights; else with those that the last evaluation took. */
  readonly best?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly wait?: Wait;
}

/** What takes a chunk's outputs from the buffer that the network leaves them in. */
type Collect = (encoder: GPUCommandEncoder, result: GPUBuffer, chunk: { first_row: number; rows: number }) => void;

/**
 * Runs the network over the test set, and what is behind it: dispatches, and copies between them.
 * @param result the buffer that they fill, by its name
 * @returns what it holds then; undefined where the run was aborted meanwhile
 */
export async function runOverTest(
  gpu: Gpu,
  session: Session,
  result: Readonly<Record<string, BufferSpec>>,
  behind: readonly Dispatch[],
  { best = false, signal, wait = (work) => work }: PredictOptions,
  collect: Collect = () => {},
): Promise<ArrayBuffer | undefined> {
  const { plan } = session;
  const { data, evaluateRows, submitChunks, logits } = plan;
  const [name, spec] = Object.entries(result)[0] as [string, BufferSpec];
  const owned: GPUBuffer[] = [];
  try {
    const made = await scoped(gpu, "allocating buffers for predictions", () => {
      const filled = createBuffer(gpu, name, spec);
      const steps = createBuffer(gpu, "step", { bytes: submitChunks * STEP_STRIDE, usage: "uniform", what: "steps" });
      owned.push(filled, steps);
      return { filled, steps };
    });
    const buffers = { ...session.buffers, ...(best && bestInstead(session)), [name]: made.filled };
    const prepared = await prepareDispatches(gpu, [...logits.stage, ...behind], buffers, owned);
    const table = createStepTable(gpu, made.steps);
    await paced(createPacer(submitChunks), data.testCount, evaluateRows, signal, (start, end) => {
      const chunks = evaluationRows(plan, start, end, "test");
      table.send(chunks);
      const encoder = gpu.device.createCommandEncoder();
      chunks.forEach((chunk, i) => {
        const pass = encoder.beginComputePass();
        pass.setBindGroup(0, table.group, [i * STEP_STRIDE]);
        encodeDispatches(pass, prepared);
        pass.end();
        collect(encoder, made.filled, chunk);
      });
      gpu.device.queue.submit([encoder.finish()]);
      return wait(gpu.device.queue.onSubmittedWorkDone());
    });
    return signal?.aborted ? undefined : await readBuffer(gpu, made.filled);
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}

/** The best weights under the names of those that evaluation reads. */
function bestInstead({ plan, buffers }: Session): Record<string, GPUBuffer> {
  const { best } = plan;
  if (!best) return {};
  const { best: params, best_running: running } = buffers as Record<string, GPUBuffer>;
  return {
    ...(params && { [best.params]: params }),
    ...(best.running && running && { [best.running]: running }),
  };
}
