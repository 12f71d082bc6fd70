import { expect, test, vi } from "vitest";
import { train } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

/** Megabytes of this process, where it can tell: a browser's page cannot. */
const resident = () => (globalThis.process?.memoryUsage?.().rss ?? 0) / 2 ** 20;

test("10,000 steps allocate nothing that the first 2,000 did not", async () => {
  const gpu = await gpuOf();
  const created = (["createBuffer", "createBindGroup", "createComputePipelineAsync"] as const).map((name) =>
    vi.spyOn(gpu.device, name),
  );
  const counts = () => created.map(({ mock }) => mock.calls.length);
  const at: { step: number; counts: number[]; megabytes: number }[] = [];
  const dataset = syntheticDataset({ train: 4000, test: 10, width: 4, height: 4 });
  const recipe = { hidden: [4], batch_size: 4, steps: 10_000 };
  for await (const event of train(recipe, { adapter: gpu, dataset, logEvery: 1000 })) {
    if (event.event === "step") at.push({ step: event.step, counts: counts(), megabytes: resident() });
  }
  for (const spy of created) spy.mockRestore();
  const [, early] = at;
  const last = at.at(-1);
  expect([early?.step, last?.step]).toEqual([2000, 10_000]);
  expect(last?.counts).toEqual(early?.counts);
  // 4 KiB a step would be 32 MiB; the heap itself breathes by some MiB.
  expect((last?.megabytes ?? 0) - (early?.megabytes ?? 0)).toBeLessThan(32);
});
