import { expect, test } from "vitest";
import { AdapterError, listAdapters, requestAdapter } from "#platform";

// a[i] = a[i] * 2 + i, in u32.
const SHADER = `
@group(0) @binding(0) var<storage, read_write> a: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&a)) { a[id.x] = a[id.x] * 2u + id.x; }
}`;

test("runs a compute shader", async () => {
  const { adapter } = await requestAdapter("auto");
  const device = await adapter.requestDevice();
  const count = 1000;
  const size = count * 4;
  const data = device.createBuffer({
    size,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(
    data,
    0,
    Uint32Array.from({ length: count }, (_, i) => 7 * i),
  );
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code: SHADER }) },
  });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: data } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(Math.ceil(count / 64));
  pass.end();
  encoder.copyBufferToBuffer(data, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const result = [...new Uint32Array(staging.getMappedRange())];
  device.destroy();
  expect(result).toEqual(Array.from({ length: count }, (_, i) => 15 * i));
});

test("lists the adapters with what they can do", async () => {
  const entries = await listAdapters();
  expect(entries).not.toEqual([]);
  for (const entry of entries) {
    expect(entry.name).not.toBe("");
    expect(entry.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 2 ** 20);
    expect(entry.features).toEqual([...entry.features].sort());
  }
});

test("takes an adapter by a part of its name in any case", async () => {
  const [first] = await listAdapters();
  const { entry } = await requestAdapter(first?.name.slice(0, 6).toUpperCase());
  expect(entry.name).toBe(first?.name);
});

test("names what there is where nothing fits", async () => {
  const failure = requestAdapter("no such adapter");
  await expect(failure).rejects.toBeInstanceOf(AdapterError);
  await expect(failure).rejects.toThrow(/no adapter has "no such adapter" in its name\. There is "/);
});
