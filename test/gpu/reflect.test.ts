import { expect, test } from "vitest";
import { GpuError } from "../../src/gpu/errors.ts";
import { reflectShader, reflectStruct } from "../../src/gpu/reflect.ts";

const SHADER = `
struct Hyper { lr: f32, eps: f32 }
struct Row { enabled: u32, hyper: Hyper, shift: i32 }
struct Pair { loss: f32, hits: u32 }
struct Place { at: vec3<f32>, size: f32 }

@group(0) @binding(0) var<uniform> row: Row;
@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(3) var<storage, read_write> pairs: array<Pair>;
@group(1) @binding(2) var<storage> bytes: array<u32>;
@group(1) @binding(4) var<storage, read_write> places: array<Place>;

@compute @workgroup_size(8, 4)
fn main() { pairs[0].loss = x[0].x + row.hyper.lr + f32(bytes[0]) + places[0].size; }

@compute @workgroup_size(64)
fn other() { pairs[0].hits = 1u; }
`;

test("reads the bindings of all groups, with the bytes that they need at least", () => {
  const { bindings } = reflectShader(SHADER, "test");
  const facts = bindings.map(({ name, group, binding, type, minBytes, elementBytes }) => {
    return [name, group, binding, type, minBytes, elementBytes];
  });
  expect(facts).toHaveLength(5);
  expect(facts).toEqual(
    expect.arrayContaining([
      ["row", 0, 0, "uniform", 16, undefined],
      ["x", 1, 0, "read-only-storage", 16, 16],
      ["pairs", 1, 3, "storage", 8, 8],
      ["bytes", 1, 2, "read-only-storage", 4, 4],
      ["places", 1, 4, "storage", 16, 16],
    ]),
  );
});

test("reads entry points with their workgroup sizes", () => {
  expect(reflectShader(SHADER, "test").entries).toEqual([
    { name: "main", workgroupSize: [8, 4, 1] },
    { name: "other", workgroupSize: [64, 1, 1] },
  ]);
});

test("lays structs of scalars out, nested ones too", () => {
  const f32 = { kind: "f32", size: 4 };
  expect(reflectStruct(SHADER, "Row")).toEqual({
    kind: "struct",
    name: "Row",
    size: 16,
    fields: [
      { name: "enabled", offset: 0, layout: { kind: "u32", size: 4 } },
      {
        name: "hyper",
        offset: 4,
        layout: {
          kind: "struct",
          name: "Hyper",
          size: 8,
          fields: [
            { name: "lr", offset: 0, layout: f32 },
            { name: "eps", offset: 4, layout: f32 },
          ],
        },
      },
      { name: "shift", offset: 12, layout: { kind: "i32", size: 4 } },
    ],
  });
  const { bindings } = reflectShader(SHADER, "test");
  expect(bindings.find(({ name }) => name === "pairs")?.layout).toMatchObject({ kind: "struct", name: "Pair" });
});

test("a struct that is missing, or holds more than scalars, is an error", () => {
  expect(() => reflectStruct(SHADER, "Nothing")).toThrow(
    new GpuError("no struct Nothing of scalars in the given WGSL"),
  );
  expect(() => reflectStruct(SHADER, "Place")).toThrow("no struct Place of scalars");
});

test("what the parser does not understand is one short line", () => {
  const unknown = "fn main( { }\n".repeat(100);
  expect(() => reflectShader(unknown, "shaders/x.wgsl")).toThrow(
    /^shaders\/x\.wgsl: wgsl_reflect cannot parse it: [^\n]{0,200}$/,
  );
});
