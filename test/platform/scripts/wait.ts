/**
 * Opens a device and prints, as JSON, how busy the main thread was while it waited for long work on the device, and how much
 * CPU time the process took in a second without work. Then it ends by itself, the device still open.
 */
import { performance } from "node:perf_hooks";
import { requestAdapter } from "#platform";

const SHADER = `
@group(0) @binding(0) var<storage, read_write> a: array<f32>;
override rounds: u32;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var x = f32(id.x);
  for (var i = 0u; i < rounds; i++) { x = x * 0.5 + 1.0; }
  a[id.x] = x;
}`;

const { adapter } = await requestAdapter();
const device = await adapter.requestDevice();
// An open device always has this promise pending.
void device.lost.then(() => undefined);

const module = device.createShaderModule({ code: SHADER });
const data = device.createBuffer({ size: 4 * 64 * 64, usage: GPUBufferUsage.STORAGE });

/** Milliseconds of work, and the share of them in which the main thread did something. */
async function work(rounds: number): Promise<{ duration: number; utilization: number }> {
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module, constants: { rounds } } });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [{ binding: 0, resource: { buffer: data } }];
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(64);
  pass.end();
  const start = performance.now();
  device.queue.submit([encoder.finish()]);
  const before = performance.eventLoopUtilization();
  await device.queue.onSubmittedWorkDone();
  const { utilization } = performance.eventLoopUtilization(before);
  return { duration: performance.now() - start, utilization };
}

let rounds = 10_000;
let waited = await work(rounds);
while (waited.duration < 300) {
  rounds *= 2;
  waited = await work(rounds);
}
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, 1000));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ utilization: waited.utilization, idle: (user + system) / 1e6 }));
