import type { Split } from "../data/dataset.ts";
import { createBuffer, readBuffer } from "../gpu/buffers.ts";
import { type Gpu, scoped } from "../gpu/device.ts";
import { encodeDispatches, prepareDispatches } from "../gpu/dispatch.ts";
import { AUGMENT_BUFFER, augmentBuffer, augmentedGather } from "./augmentation.ts";
import { expandMembers, type Member } from "./members.ts";
import { NORMALISE } from "./network.ts";
import { STEP_STRIDE } from "./planBuffers.ts";
import { type Recipe, RecipeError } from "./recipe.ts";
import { createStepTable } from "./tables.ts";
import { writeBytes } from "./upload.ts";

/**
 * Some training images as the first steps of a run change them, by the kernel of training.
 * @param samples their places in the data set
 * @param steps how many steps, from 0
 * @returns greys u8 [steps, samples, width * height] for the recipe's first member
 * @throws RecipeError where the recipe changes nothing
 */
export async function augmentedImages(
  gpu: Gpu,
  recipe: Recipe,
  split: Split,
  samples: readonly number[],
  steps: number,
): Promise<Uint8Array[][]> {
  const members = expandMembers(recipe).slice(0, 1) as [Member];
  const { width, height, rowBytes } = split;
  const [rows, inputs] = [samples.length, width * height];
  const size = { members, capacity: rows, rows, normalise: NORMALISE };
  const gather = augmentedGather({ ...(split.format === undefined && { width }), inputs, rowBytes }, size);
  if (!gather) throw new RecipeError("augment: the recipe changes no images: give it settings, such as rotate=12");
  const bytes = 4 * rows * rowBytes;
  const owned: GPUBuffer[] = [];
  try {
    const make = (name: string, bytes: number, usage: "storage" | "uniform" = "storage") => {
      const buffer = createBuffer(gpu, name, { bytes, usage, what: name });
      owned.push(buffer);
      return buffer;
    };
    const buffers = await scoped(gpu, "allocating buffers for images", () => ({
      train_images: make("train_images", split.images.length),
      order: make("order", 4 * rows),
      seeds: make("seeds", 4),
      x: make("x", bytes),
      result: make("result", steps * bytes),
      step: make("step", steps * STEP_STRIDE, "uniform"),
      [AUGMENT_BUFFER]: createBuffer(gpu, AUGMENT_BUFFER, augmentBuffer(members)),
    }));
    owned.push(buffers[AUGMENT_BUFFER] as GPUBuffer);
    const { queue } = gpu.device;
    writeBytes(queue, buffers.train_images, split.images);
    queue.writeBuffer(buffers.order, 0, Uint32Array.from(samples));
    queue.writeBuffer(buffers.seeds, 0, Uint32Array.of(members[0].seed));
    const table = createStepTable(gpu, buffers.step);
    const same = { members: 1, slot: 0, first: 1, rows, first_row: 0, order_stride: rows, inv_batch: 1 / rows };
    table.send(Array.from({ length: steps }, (_, count) => ({ ...same, count })));
    const prepared = await prepareDispatches(gpu, [gather], buffers, owned);
    const encoder = gpu.device.createCommandEncoder();
    for (let count = 0; count < steps; count++) {
      const pass = encoder.beginComputePass();
      pass.setBindGroup(0, table.group, [count * STEP_STRIDE]);
      encodeDispatches(pass, prepared);
      pass.end();
      encoder.copyBufferToBuffer(buffers.x, 0, buffers.result, count * bytes, bytes);
    }
    queue.submit([encoder.finish()]);
    const values = new Float32Array(await readBuffer(gpu, buffers.result));
    return Array.from({ length: steps }, (_, step) =>
      samples.map((_, row) => {
        const at = (step * rows + row) * rowBytes;
        const greys = values.subarray(at, at + inputs);
        return Uint8Array.from(greys, (value) => Math.round((value - NORMALISE.shift) / NORMALISE.scale));
      }),
    );
  } finally {
    for (const buffer of owned) buffer.destroy();
  }
}
