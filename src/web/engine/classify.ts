import { createBuffer, readBuffer } from "../../gpu/buffers.ts";
import { type Gpu, scoped } from "../../gpu/device.ts";
import { encodeDispatches, prepareDispatches } from "../../gpu/dispatch.ts";
import { STEP_STRIDE } from "../../train/planBuffers.ts";
import type { Session } from "../../train/session.ts";
import { evaluationRows } from "../../train/stepRows.ts";
import { createStepTable } from "../../train/tables.ts";

/** Classifies single images with the weights that a session has now. */
export interface Classifier {
  /**
   * @param image u8 [width * height]
   * @returns probabilities [members, classes]
   */
  classify(image: Uint8Array): Promise<Float32Array<ArrayBuffer>>;
  destroy(): void;
}

/** The kernels of evaluation over an image of its own in place of the test set. */
export async function createClassifier(gpu: Gpu, session: Session): Promise<Classifier> {
  const { plan } = session;
  const { data, members, logits, evaluateRows, chunkRows } = plan;
  const owned: GPUBuffer[] = [];
  const make = (name: string, bytes: number, usage: "storage" | "uniform" = "storage") => {
    const buffer = createBuffer(gpu, name, { bytes, usage, what: name });
    owned.push(buffer);
    return buffer;
  };
  const { image, order, steps } = await scoped(gpu, "allocating buffers for a drawing", () => ({
    image: make("drawing", Math.max(256, data.rowBytes)),
    order: make("drawing order", 4 * Math.max(64, evaluateRows)),
    steps: make("drawing step", STEP_STRIDE, "uniform"),
  }));
  const buffers = { ...session.buffers, test_images: image, test_order: order };
  const prepared = await prepareDispatches(gpu, logits.stage, buffers, owned);
  const table = createStepTable(gpu, steps);
  const z = session.buffers[logits.z] as GPUBuffer;
  const stride = Math.ceil(data.classes / 4) * 4 * Math.max(chunkRows, evaluateRows);
  return {
    async classify(pixels) {
      // What an optimizer shows in evaluation is made by one.
      if (plan.viewLayout) await session.evaluate(0, Math.min(evaluateRows, data.testCount));
      const padded = new Uint8Array(Math.ceil(pixels.length / 4) * 4);
      padded.set(pixels);
      gpu.device.queue.writeBuffer(image, 0, padded);
      table.send(evaluationRows(plan, 0, 1, "test"));
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, table.group, [0]);
      encodeDispatches(pass, prepared);
      pass.end();
      gpu.device.queue.submit([encoder.finish()]);
      const values = new Float32Array(await readBuffer(gpu, z));
      const rows = members.map((_, m) => softmax(values.subarray(m * stride, m * stride + data.classes)));
      return Float32Array.from(rows.flat());
    },
    destroy() {
      for (const buffer of owned) buffer.destroy();
    },
  };
}

function softmax(logits: Float32Array): number[] {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
