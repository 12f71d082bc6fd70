import type { Split } from "../data/dataset.ts";
import { evaluationCount } from "./dataShape.ts";
import type { Plan } from "./plan.ts";
import { partsOf } from "./validation.ts";

/** Sends the training set; the validation samples that the plan holds out go to buffers of their own. */
export function sendTrain(queue: GPUQueue, buffer: (name: string) => GPUBuffer, plan: Plan, split: Split): void {
  for (const [name, part] of Object.entries(partsOf(plan, split))) {
    writeBytes(queue, buffer(`${name}_images`), part.images);
    writeBytes(queue, buffer(`${name}_labels`), part.labels);
  }
  const { statisticsCount: count, data } = plan;
  if (count === 0) return;
  const order = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * data.trainCount) / count));
  queue.writeBuffer(buffer("statistics_order"), 0, order);
}

/** Sends the test set, and the order in which evaluations go through it. */
export function sendTest(queue: GPUQueue, buffer: (name: string) => GPUBuffer, plan: Plan, split: Split): void {
  writeBytes(queue, buffer("test_images"), split.images);
  writeBytes(queue, buffer("test_labels"), split.labels);
  const order = Uint32Array.from({ length: evaluationCount(plan.data) }, (_, i) => i);
  queue.writeBuffer(buffer("test_order"), 0, order);
}

/** writeBuffer wants a multiple of 4 bytes; the last few go in a padded copy. */
export function writeBytes(queue: GPUQueue, buffer: GPUBuffer, bytes: Uint8Array): void {
  const whole = bytes.length - (bytes.length % 4);
  queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>, 0, whole);
  if (whole === bytes.length) return;
  const tail = new Uint8Array(4);
  tail.set(bytes.subarray(whole));
  queue.writeBuffer(buffer, whole, tail);
}
