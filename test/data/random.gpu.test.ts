import { expect, test } from "vitest";
import { random4, uniform01 } from "../../src/data/random.ts";
import { defineKernel } from "../../src/gpu/kernel.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

const SHADER = `
@group(1) @binding(0) var<storage, read> keys: array<vec4<u32>>;
@group(1) @binding(1) var<storage, read_write> words: array<vec4<u32>>;
@group(1) @binding(2) var<storage, read_write> uniforms: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= arrayLength(&keys)) { return; }
  let key = keys[id.x];
  let bits = random4(key.x, key.y, key.z, key.w);
  words[id.x] = bits;
  uniforms[id.x] = uniform01(bits.w);
}`;

const EDGES = [0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0xdeadbeef];

test("the shader's random4 and uniform01 give the numbers of src/data/random.ts, bit for bit", async () => {
  const keys = EDGES.flatMap((a) =>
    EDGES.flatMap((b) => EDGES.flatMap((c) => EDGES.map((d) => [a, b, c, d] as const))),
  );
  const dispatch = {
    label: "random",
    kernel: defineKernel({ shader: "test/random.wgsl", source: SHADER, uses: ["lib/random.wgsl"] }),
    buffers: { keys: "keys", words: "words", uniforms: "uniforms" },
    workgroups: [Math.ceil(keys.length / 64), 1, 1],
  } as const;
  const { words, uniforms } = await runDispatch(await gpuOf(), dispatch, stepOf(1), {
    keys: Uint32Array.from(keys.flat()),
    words: new Uint32Array(4 * keys.length),
    uniforms: new Float32Array(keys.length),
  });
  const expected = keys.map((key) => random4(...key));
  expect(new Uint32Array(words as ArrayBuffer)).toEqual(Uint32Array.from(expected.flat()));
  expect(new Float32Array(uniforms as ArrayBuffer)).toEqual(Float32Array.from(expected, ([, , , w]) => uniform01(w)));
});
