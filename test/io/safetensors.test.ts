import { describe, expect, it } from "vitest";
import { readSafetensors, type Tensor, writeSafetensors } from "../../src/io/safetensors.ts";

/** A file of a header, text or JSON, and some bytes of data. */
function file(header: unknown, dataBytes: number, length?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const f32 = (shape: unknown, begin: unknown, end: unknown) => ({ dtype: "F32", shape, data_offsets: [begin, end] });

describe("writing and reading back", () => {
  const tensors = new Map<string, Tensor>([
    ["optim.count", { shape: [], data: new Uint32Array([7]) }],
    ["fc1.weight", { shape: [2, 3], data: new Float32Array([1, -2, 3.5, 0, Number.NaN, Number.POSITIVE_INFINITY]) }],
    ["flags", { shape: [3], data: new Uint8Array([1, 2, 3]) }],
    ["step", { shape: [1], data: new BigInt64Array([-5n]) }],
    ["f64", { shape: [1, 1], data: new Float64Array([Math.PI]) }],
    ["i32", { shape: [2], data: new Int32Array([-1, 1]) }],
    ["none", { shape: [0, 4], data: new Float32Array() }],
    ["__proto__", { shape: [1], data: new Float32Array([1]) }],
    ['"quoted"\n', { shape: [1], data: new Float32Array([2]) }],
  ]);
  const metadata = { format: "downhill", position: '{"step":3}', __proto__x: "ü" };

  it("keeps everything", () => {
    const read = readSafetensors(writeSafetensors(tensors, metadata), "f");
    expect(read.metadata).toEqual(metadata);
    expect(Object.fromEntries(read.tensors)).toEqual(Object.fromEntries(tensors));
  });

  it("gives aligned views of the file, and copies where it lies unaligned", () => {
    const bytes = writeSafetensors(tensors, metadata);
    for (const { data } of readSafetensors(bytes, "f").tensors.values()) expect(data.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const read = readSafetensors(shifted.subarray(1), "f");
    expect(read.tensors.get("fc1.weight")?.data.buffer).not.toBe(shifted.buffer);
    expect(Object.fromEntries(read.tensors)).toEqual(Object.fromEntries(tensors));
  });

  it("pads the header with spaces to a multiple of 8", () => {
    for (const name of ["a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"]) {
      const bytes = writeSafetensors(new Map([[name, { shape: [1], data: new Float32Array([1]) }]]));
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect(length % 8).toBe(0);
      expect(bytes.length).toBe(8 + length + 4);
      expect(new TextDecoder().decode(bytes.subarray(8, 8 + length))).toMatch(/^\{.*\} *$/);
    }
  });

  it("takes a file without tensors", () => {
    expect(readSafetensors(writeSafetensors(new Map()), "f").tensors.size).toBe(0);
  });

  it("refuses what the format cannot hold", () => {
    const data = new Float32Array(6);
    expect(() => writeSafetensors(new Map([["w", { shape: [2, 2], data }]]))).toThrow(
      "tensor w: shape [2, 2] does not fit its 6 values",
    );
    expect(() => writeSafetensors(new Map([["w", { shape: [-2, -3], data }]]))).toThrow("does not fit");
    expect(() => writeSafetensors(new Map([["__metadata__", { shape: [6], data }]]))).toThrow("__metadata__");
  });
});

describe("reading", () => {
  it("takes tensors in any order, and spaces in the header", () => {
    const { tensors } = readSafetensors(file("{ }   ", 0), "f");
    expect(tensors.size).toBe(0);
    const header = { b: f32([1], 4, 8), a: f32([1], 0, 4), z: f32([0], 4, 4) };
    expect(Object.keys(Object.fromEntries(readSafetensors(file(header, 8), "f").tensors))).toEqual(["b", "a", "z"]);
  });

  it.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(), "f: not a valid safetensors file: 0 bytes are too few"],
    ["a header over the limit", file("{}", 0, 100_000_001), "a header of 100000001 bytes; at most 100000000"],
    ["a length of 2^63 and more", new Uint8Array(16).fill(255), "a header of 18446744073709551615 bytes"],
    ["a header beyond the file", file("{}", 0, 3), "a header of 3 bytes in a file of 10"],
    ["no object", file("[]", 0), 'does not start with "{"'],
    ["a space in front", file(" {}", 0), 'does not start with "{"'],
    ["an empty header", file("", 4), 'does not start with "{"'],
    ["broken JSON", file('{"a":', 0), "no valid JSON"],
    ["JSON with something behind", file("{}{}", 0), "no valid JSON"],
    ["text that is no UTF-8", file("{}", 0).with(9, 0xff), "no valid JSON"],
    ["a name twice", file(`{"a":${JSON.stringify(f32([1], 0, 4))},"\\u0061":0}`, 4), 'has "a" twice'],
    ["a field twice", file('{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4), '"dtype" twice'],
    ["metadata twice", file('{"__metadata__":{},"__metadata__":{}}', 0), 'has "__metadata__" twice'],
    ["metadata of numbers", file({ __metadata__: { a: 1 } }, 0), "__metadata__ is no object of strings"],
    ["metadata that is a list", file({ __metadata__: ["a"] }, 0), "__metadata__ is no object of strings"],
    ["a tensor that is no object", file({ a: null }, 0), 'tensor "a" is no object'],
    ["an unknown field", file({ a: { ...f32([1], 0, 4), extra: 1 } }, 4), 'unknown field "extra"'],
    ["a dtype not read here", file({ a: { ...f32([2], 0, 4), dtype: "BF16" } }, 4), 'has dtype "BF16"; F64, F32, I64'],
    ["a dtype from the prototype", file({ a: { ...f32([1], 0, 4), dtype: "toString" } }, 4), 'has dtype "toString"'],
    ["no dtype", file({ a: { shape: [], data_offsets: [0, 4] } }, 4), "has dtype of type undefined"],
    ["a shape of fractions", file({ a: f32([1.5], 0, 6) }, 6), "shape is no list of whole numbers"],
    ["a negative shape", file({ a: f32([-1, -1], 0, 4) }, 4), "shape is no list of whole numbers"],
    ["no shape", file({ a: f32(null, 0, 4) }, 4), "shape is no list of whole numbers"],
    ["three offsets", file({ a: { ...f32([1], 0, 4), data_offsets: [0, 4, 8] } }, 8), "no pair of whole numbers"],
    ["negative offsets", file({ a: f32([1], -4, 0) }, 4), "no pair of whole numbers"],
    ["huge offsets", file({ a: f32([1], 2 ** 60, 2 ** 60 + 4) }, 4), "no pair of whole numbers"],
    ["offsets in reverse", file({ a: f32([1], 4, 0) }, 4), "F32 [1] takes 4 bytes, its offsets give -4"],
    ["a shape that does not fit", file({ a: f32([3], 0, 8) }, 8), "F32 [3] takes 12 bytes, its offsets give 8"],
    ["a shape that overflows", file({ a: f32([2 ** 32, 2 ** 32, 0, 2 ** 50], 0, 4) }, 4), "its offsets give 4"],
    ["an overlap", file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), 'tensor "b" overlaps the one before it'],
    ["the same bytes twice", file({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4), "overlaps"],
    ["a hole", file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), 'a hole of 4 bytes before tensor "b"'],
    ["a hole at the start", file({ a: f32([1], 4, 8) }, 8), "a hole of 4 bytes"],
    ["bytes left over", file({ a: f32([1], 0, 4) }, 9), "5 bytes of data belong to no tensor"],
    [
      "truncated data",
      file({ a: f32([2], 0, 8) }, 7),
      'tensor "a" ends at byte 8 of 7 bytes of data; is it truncated?',
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes, "f")).toThrow(message);
  });

  it("survives a header of 200,000 open brackets, and quotes hostile names shortly", () => {
    const deep = `{"a":${"[".repeat(2e5)}${"]".repeat(2e5)}}`;
    expect(() => readSafetensors(file(deep, 0), "f")).toThrow(/^f: not a valid safetensors file/);
    const error = (() => {
      try {
        readSafetensors(file({ [`\u001b[31m${"x".repeat(1e6)}`]: 0 }, 0), "f");
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(error).toMatch(/^f: .*"\\u001b\[31mx+" is no object$/);
    expect(error?.length).toBeLessThan(200);
  });
});
