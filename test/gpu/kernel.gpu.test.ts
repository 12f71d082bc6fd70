import { describe, expect, test } from "vitest";
import { checkFits, createBuffer, readBuffer } from "../../src/gpu/buffers.ts";
import { openGpu, scoped } from "../../src/gpu/device.ts";
import { prepareDispatches } from "../../src/gpu/dispatch.ts";
import { GpuError } from "../../src/gpu/errors.ts";
import { bindKernel, compiledCount, compileKernel, defineKernel, STEP_SHADER } from "../../src/gpu/kernel.ts";
import { plainTiling } from "../../src/gpu/tiling.ts";
import { makePlan } from "../../src/train/plan.ts";
import { parseRecipe } from "../../src/train/recipe.ts";
import { openSession } from "../../src/train/session.ts";
import { shapeOf } from "../../src/train/train.ts";
import { syntheticDataset } from "../support/dataset.ts";
import { runDispatch, stepOf, useGpu } from "../support/gpu.ts";

const gpuOf = useGpu();

/** y[i] = FACTOR x[i] + shape.shift, in vec4s. The body may be replaced, to break it. */
const scale = (body = "y[id.x] = FACTOR * x[id.x] + shape.shift;") => `// A kernel to test with.
struct Shape { shift: f32 }
@group(1) @binding(0) var<uniform> shape: Shape;
@group(1) @binding(1) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
const FACTOR = 2.0;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  ${body}
}
`;

const kernelOf = (source = scale(), constants = {}) =>
  defineKernel({ shader: "test/scale.wgsl", uses: [STEP_SHADER], source, constants });
const dispatchOf = (kernel = kernelOf()) =>
  ({ label: "scale", kernel, buffers: { x: "x", y: "y" }, shape: { shift: 0.5 }, workgroups: [2, 1, 1] }) as const;
const arrays = () => ({ x: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7), y: new Float32Array(8) });

/** What a promise is rejected with, which must be a GpuError. */
async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(GpuError);
  return (error as GpuError).message;
}

describe("a kernel", () => {
  test("runs over buffers bound by name, with its constants replaced", async () => {
    const { y } = await runDispatch(await gpuOf(), dispatchOf(kernelOf(scale(), { FACTOR: 3 })), stepOf(1), arrays());
    expect([...new Float32Array(y as ArrayBuffer)]).toEqual([0.5, 3.5, 6.5, 9.5, 12.5, 15.5, 18.5, 21.5]);
  });

  test("is compiled once for each set of constants", async () => {
    const gpu = await gpuOf();
    const compiled = await compileKernel(gpu, kernelOf(scale(), { FACTOR: 5 }));
    const count = compiledCount(gpu);
    expect(await compileKernel(gpu, kernelOf(scale(), { FACTOR: 5 }))).toBe(compiled);
    expect(compiledCount(gpu)).toBe(count);
    expect(await compileKernel(gpu, kernelOf(scale(), { FACTOR: 6 }))).not.toBe(compiled);
    expect(compiledCount(gpu)).toBe(count + 1);
  });
});

describe("a shader that does not compile", () => {
  test.each([
    ["an unknown name", "y[id.x] = unknown_name;", 9, "y[id.x] = unknown_name;", 13],
    ["a wrong type", "y[id.x] = 1u;", 9, "y[id.x] = 1u;", 11],
    ["a syntax error", "y[id.x] = ;", 9, "y[id.x] = ;", 13],
    [
      "an unrolled loop",
      "// @unroll\n  for (var i = 0u; i < 2u; i++) {\n    y[i] = z[i];\n  }",
      11,
      "y[0u] = z[0u];",
      13,
    ],
  ])("%s: file, line, column and the source line", async (_, body, line, text, column) => {
    const message = await messageOf(compileKernel(await gpuOf(), kernelOf(scale(body))));
    expect(message).toContain("shaders/test/scale.wgsl did not compile:");
    const [, at, source, marker] = /:(\d+:\d+): [^\n]*\n {2}([^\n]*)\n {2}( *\^)/.exec(message) ?? [];
    expect(at).toBe(`${line}:${column}`);
    expect(source?.trim()).toBe(text);
    expect(marker?.length).toBe(column);
  });

  test("fails alone, leaves the device usable, and compiles once it is mended", async () => {
    const gpu = await gpuOf();
    const broken = kernelOf(scale("y[id.x] = 1u;"), { FACTOR: 7 });
    const kernels = [broken, kernelOf(scale(), { FACTOR: 8 }), broken, kernelOf(scale(), { FACTOR: 9 })];
    const settled = await Promise.allSettled(kernels.map((kernel) => compileKernel(gpu, kernel)));
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "fulfilled"]);
    await compileKernel(gpu, kernelOf(scale(), { FACTOR: 7 }));
    expect(() => gpu.check()).not.toThrow();
  });

  test("an entry point, a file or a constant that is not there is named", async () => {
    const gpu = await gpuOf();
    const entry = compileKernel(gpu, { ...kernelOf(), entry: "nothing" });
    expect(await messageOf(entry)).toBe('shaders/test/scale.wgsl has no compute entry point "nothing"');
    const file = compileKernel(gpu, defineKernel({ shader: "no/such.wgsl" }));
    await expect(file).rejects.toThrow("shaders/no/such.wgsl");
    const constant = compileKernel(gpu, kernelOf(scale(), { NOTHING: 1 }));
    await expect(constant).rejects.toThrow('No "const NAME = value;" starts a line for NOTHING');
  });

  test("a workgroup that is larger than the device allows says so", async () => {
    const source = scale().replace("@workgroup_size(1)", "@workgroup_size(1024, 1024)");
    expect(await messageOf(compileKernel(await gpuOf(), kernelOf(source)))).toMatch(
      /shaders\/test\/scale\.wgsl did not compile: .*1024/s,
    );
  });
});

describe("buffers", () => {
  async function bind(change: (buffers: Record<string, GPUBuffer>) => void): Promise<void> {
    const gpu = await gpuOf();
    const compiled = await compileKernel(gpu, kernelOf());
    const make = (bytes: number, usage: "uniform" | "storage") => createBuffer(gpu, "mine", { bytes, usage, what: "" });
    const buffers: Record<string, GPUBuffer> = {
      shape: make(16, "uniform"),
      x: make(32, "storage"),
      y: make(32, "storage"),
    };
    change(buffers);
    try {
      bindKernel(gpu, compiled, buffers);
    } finally {
      for (const buffer of Object.values(buffers)) buffer.destroy();
    }
  }

  test("that fit are bound", () => bind(() => {}));

  test("a missing one is named", async () => {
    const message = 'shaders/test/scale.wgsl needs a buffer for "y"; it binds shape, x, y';
    expect(await messageOf(bind((buffers) => delete buffers.y))).toBe(message);
  });

  test("an unknown one is named", async () => {
    const failure = bind((buffers) => {
      buffers.z = buffers.x as GPUBuffer;
    });
    expect(await messageOf(failure)).toContain('shaders/test/scale.wgsl has no binding "z"; it binds shape, x, y');
  });

  test.each([12, 20])("one of %i bytes for elements of 16 is named", async (bytes) => {
    const gpu = await gpuOf();
    const failure = bind((buffers) => {
      buffers.x?.destroy();
      buffers.x = createBuffer(gpu, "mine", { bytes, usage: "storage", what: "" });
    });
    expect(await messageOf(failure)).toContain(`"x" got ${bytes} bytes ("mine"), but its elements take 16 bytes each`);
  });

  test("one too short for the shader's struct is named", async () => {
    const gpu = await gpuOf();
    const kernel = kernelOf(scale().replace("shift: f32", "a: f32, b: f32, shift: f32"));
    const compiled = await compileKernel(gpu, kernel);
    const shape = createBuffer(gpu, "mine", { bytes: 8, usage: "uniform", what: "" });
    expect(() => bindKernel(gpu, compiled, { shape, x: shape, y: shape })).toThrow(
      '"shape" got 8 bytes ("mine"), but the shader declares 12 bytes',
    );
    shape.destroy();
  });

  test("one that the plan lacks is named", async () => {
    const { y } = arrays();
    const failure = runDispatch(await gpuOf(), dispatchOf(), stepOf(1), { y });
    expect(await messageOf(failure)).toBe('scale: the plan has no buffer "x" for "x"');
  });

  test("one of another usage is the device's own error, raised where it is bound", async () => {
    const gpu = await gpuOf();
    const x = createBuffer(gpu, "mine", { bytes: 32, usage: "uniform", what: "" });
    const owned = [x];
    expect(await messageOf(prepareDispatches(gpu, [dispatchOf()], { x, y: x }, owned))).toMatch(
      /binding buffers: .*"mine"/s,
    );
    for (const buffer of owned) buffer.destroy();
    expect(() => gpu.check()).not.toThrow();
  });

  test("larger ones than the adapter carries are refused by name, before anything is allocated", async () => {
    const limits = { maxStorageBufferBindingSize: 1024, maxBufferSize: 4096 } as GPUSupportedLimits;
    const spec = (bytes: number, usage: "storage" | "uniform" = "storage") => ({ bytes, usage, what: "f32 [300]" });
    expect(() => checkFits(limits, { a: spec(1024), b: spec(4096, "uniform") })).not.toThrow();
    expect(() => checkFits(limits, { a: spec(4), b: spec(1200) })).toThrow(
      'buffer "b" (f32 [300]) needs 1.2 KiB (1200 bytes), but this adapter carries at most 1.0 KiB ' +
        "(maxStorageBufferBindingSize: 1024): use a smaller",
    );
    expect(() => checkFits({ ...limits, maxBufferSize: 1000 }, { a: spec(1024) })).toThrow("(maxBufferSize: 1000)");
    expect(() => checkFits(limits, { c: spec(5000, "uniform") })).toThrow("(maxBufferSize: 4096)");

    const recipe = parseRecipe({ hidden: [65536, 65536] });
    const plan = makePlan(recipe, shapeOf(syntheticDataset({ train: 100, test: 10 })), plainTiling);
    expect(await messageOf(openSession(await gpuOf(), plan))).toMatch(
      /^buffer "params" \(parameters, .* MiB \(\d+ bytes\), but this/,
    );
  });
});

describe("errors outside any scope", () => {
  test("are raised at the next awaited call, with the adapter's name", async () => {
    const gpu = await openGpu((await gpuOf()).adapter.name);
    const buffer = createBuffer(gpu, "mine", { bytes: 16, usage: "storage", what: "" });
    expect((await readBuffer(gpu, buffer)).byteLength).toBe(16);
    gpu.device.createBuffer({ label: "impossible", size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    const message = await messageOf(readBuffer(gpu, buffer));
    expect(message.startsWith(`${gpu.adapter.name}: `)).toBe(true);
    expect(message).toContain("impossible");
    expect(await messageOf(scoped(gpu, "something", () => 1))).toBe(message);
    expect(() => gpu.check()).toThrow(message);
    gpu.destroy();
  });

  test("a device that is lost says so", async () => {
    const gpu = await openGpu((await gpuOf()).adapter.name);
    gpu.device.destroy();
    await gpu.device.lost;
    expect(() => gpu.check()).toThrow(/the device was lost \(destroyed\)/);
  });

  test("calls that throw close their scope", async () => {
    const gpu = await gpuOf();
    const failure = scoped(gpu, "something", () => {
      throw new Error("mine");
    });
    await expect(failure).rejects.toThrow("mine");
    // With the scope still open this error would be lost in it.
    const refused = scoped(gpu, "a buffer", () => gpu.device.createBuffer({ size: 16, usage: 0 }));
    expect(await messageOf(refused)).toMatch(/^a buffer: /);
  });
});
