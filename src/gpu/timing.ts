import { createStaging, mapCopy } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import { encodeDispatches, type PreparedDispatch } from "./dispatch.ts";

/** Times dispatches by running them many times over in one pass. */
export interface Timer {
  /**
   * `GPU timestamps`: taken by the device at the pass's ends. `repetition`: by the host's clock from the submit to its end, so
   * that a share of the submit's latency is in it.
   */
  readonly kind: "GPU timestamps" | "repetition";
  /**
   * Seconds that the dispatches take, one after the other, by as many measurements as fit, at least one.
   * Between two of them lies what the device needs to make one's writes visible to the next, as in training.
   * @param step group 0, at offset 0
   * @param seconds how long to measure, roughly
   * @param pick which of the measurements to take: their median unless given
   */
  time(
    dispatches: readonly PreparedDispatch[],
    step: GPUBindGroup,
    seconds: number,
    pick?: (measured: readonly number[]) => number,
  ): Promise<number>;
  /** Frees its buffers. */
  destroy(): void;
}

/**
 * How long a pass should at least take. Dawn rounds timestamps to 2^16 ns unless told otherwise (measured so on SwiftShader
 * and lavapipe), the host's clock sees a submit's end up to 1 ms late: a few per cent at most of either.
 */
const PASS_SECONDS = { "GPU timestamps": 0.02, repetition: 0.05 } as const;
const MAX_REPETITIONS = 10_000;
const MAX_MEASUREMENTS = 15;

/**
 * A timer for a device: by GPU timestamps where it has them. The software adapters' are sound: on SwiftShader and lavapipe a
 * pass of 1 to 20 dispatches lay within 2 ms below the host's time, growing with their number.
 * @param useTimestamps false: by repetition in any case
 */
export function createTimer(gpu: Gpu, useTimestamps = gpu.device.features.has("timestamp-query")): Timer {
  const { device } = gpu;
  const querySet = useTimestamps ? device.createQuerySet({ label: "timer", type: "timestamp", count: 2 }) : undefined;
  const resolved = device.createBuffer({
    label: "timestamps",
    size: 16,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const staging = createStaging(gpu, 16);
  let kind: Timer["kind"] = querySet ? "GPU timestamps" : "repetition";

  const runOnce = async (dispatches: readonly PreparedDispatch[], step: GPUBindGroup, repetitions: number) => {
    const encoder = device.createCommandEncoder();
    const timestampWrites = querySet && { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    pass.setBindGroup(0, step, [0]);
    for (let i = 0; i < repetitions; i++) encodeDispatches(pass, dispatches);
    pass.end();
    if (querySet) encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
    const commands = encoder.finish();
    const begun = performance.now();
    device.queue.submit([commands]);
    const [start = 0n, end = 0n] = new BigUint64Array(await mapCopy(gpu, staging, 16));
    const wall = (performance.now() - begun) / 1000;
    const span = Number(end - start) / 1e9;
    // A driver may give zeros, or count in a unit of its own: nothing on the device takes longer than the host saw.
    if (kind === "GPU timestamps" && (span < 0 || span > wall + 1e-3 || (span === 0 && wall > 0.05)))
      kind = "repetition";
    return kind === "repetition" ? wall : span;
  };

  return {
    get kind() {
      return kind;
    },
    async time(dispatches, step, seconds, pick = median) {
      const begun = performance.now();
      let repetitions = 1;
      let total = await runOnce(dispatches, step, repetitions);
      const target = Math.min(PASS_SECONDS[kind], seconds);
      while (total < 0.7 * target && repetitions < MAX_REPETITIONS) {
        const wanted = (repetitions * target) / Math.max(total, 1e-9);
        repetitions = Math.min(MAX_REPETITIONS, Math.ceil(Math.min(10 * repetitions, wanted)));
        total = await runOnce(dispatches, step, repetitions);
      }
      const measured = [total / repetitions];
      while (measured.length < MAX_MEASUREMENTS && (performance.now() - begun) / 1000 < seconds) {
        measured.push((await runOnce(dispatches, step, repetitions)) / repetitions);
      }
      return pick(measured);
    },
    destroy() {
      querySet?.destroy();
      resolved.destroy();
      staging.destroy();
    },
  };
}

/** The middle of some numbers, the mean of the two middle ones where their count is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}
