import { expect, test } from "vitest";
import { GpuError } from "../../src/gpu/errors.ts";
import { reflectStruct } from "../../src/gpu/reflect.ts";
import { encodeStruct, type StructValues, writeStruct } from "../../src/gpu/uniforms.ts";

const layout = reflectStruct(
  "struct Inner { lr: f32, eps: f32 }\nstruct Row { enabled: u32, inner: Inner, shift: i32 }",
  "Row",
);
const values = { enabled: 0xffffffff, inner: { lr: 0.1, eps: -2 }, shift: -3 };

test("writes every field where the shader reads it, little-endian", () => {
  const view = new DataView(encodeStruct(layout, values));
  expect(view.byteLength).toBe(16);
  expect(view.getUint32(0, true)).toBe(0xffffffff);
  expect(view.getFloat32(4, true)).toBe(Math.fround(0.1));
  expect(view.getFloat32(8, true)).toBe(-2);
  expect(view.getInt32(12, true)).toBe(-3);
});

test("writes at an offset and nothing around it", () => {
  const bytes = new Uint8Array(32).fill(9);
  writeStruct(new DataView(bytes.buffer), 8, layout, values);
  expect([...bytes.slice(8, 24)]).toEqual([...new Uint8Array(encodeStruct(layout, values))]);
  expect([...bytes.slice(0, 8), ...bytes.slice(24)]).toEqual(new Array(16).fill(9));
});

test("floats may be anything that is a number", () => {
  const view = new DataView(
    encodeStruct(layout, { ...values, inner: { lr: Number.NaN, eps: Number.NEGATIVE_INFINITY } }),
  );
  expect(view.getFloat32(4, true)).toBeNaN();
  expect(view.getFloat32(8, true)).toBe(Number.NEGATIVE_INFINITY);
});

const { enabled: _, ...withoutEnabled } = values;

test.each<[string, StructValues, string]>([
  ["a field is missing", withoutEnabled, 'struct Row: no value for field "enabled"'],
  [
    "a field is unknown",
    { ...values, rate: 1 },
    'struct Row has no field "rate"; its fields are enabled, inner, shift',
  ],
  ["a nested field is missing", { ...values, inner: { lr: 1 } }, 'struct Inner: no value for field "eps"'],
  ["a struct is a number", { ...values, inner: 1 }, 'struct Row: "inner" is a struct, got 1'],
  ["a number is a struct", { ...values, shift: {} }, 'struct Row: "shift" must be a number'],
  ["an integer is a fraction", { ...values, shift: 0.5 }, 'struct Row: "shift" is of type i32, got 0.5'],
  ["an integer is too large", { ...values, enabled: 2 ** 32 }, '"enabled" is of type u32, got 4294967296'],
  ["an integer is NaN", { ...values, enabled: Number.NaN }, '"enabled" is of type u32, got NaN'],
  ["an unsigned integer is negative", { ...values, enabled: -1 }, '"enabled" is of type u32, got -1'],
  ["a signed integer is too large", { ...values, shift: 2 ** 31 }, '"shift" is of type i32, got 2147483648'],
])("refused: %s", (_, wrong, message) => {
  expect(() => encodeStruct(layout, wrong)).toThrow(message);
  expect(() => encodeStruct(layout, wrong)).toThrow(GpuError);
});
