import { GpuError } from "./errors.ts";
import type { StructLayout } from "./reflect.ts";

/** Values for a WGSL struct, by field name; a nested struct is a nested record. */
export type StructValues = { readonly [field: string]: number | StructValues };

const RANGES = { u32: [0, 2 ** 32 - 1], i32: [-(2 ** 31), 2 ** 31 - 1] } as const;

/**
 * Writes a struct's fields at a byte offset, where reflection says each lies.
 * @throws GpuError naming a field that is missing, unknown, or no number of its type
 */
export function writeStruct(view: DataView, offset: number, layout: StructLayout, values: StructValues): void {
  for (const name of Object.keys(values)) {
    if (!layout.fields.some((field) => field.name === name)) {
      const known = layout.fields.map((field) => field.name).join(", ");
      throw new GpuError(`struct ${layout.name} has no field "${name}"; its fields are ${known}`);
    }
  }
  for (const field of layout.fields) {
    const value = values[field.name];
    if (value === undefined) throw new GpuError(`struct ${layout.name}: no value for field "${field.name}"`);
    const at = offset + field.offset;
    if (field.layout.kind === "struct") {
      if (typeof value === "number")
        throw new GpuError(`struct ${layout.name}: "${field.name}" is a struct, got ${value}`);
      writeStruct(view, at, field.layout, value);
      continue;
    }
    if (typeof value !== "number") throw new GpuError(`struct ${layout.name}: "${field.name}" must be a number`);
    if (field.layout.kind === "f32") {
      view.setFloat32(at, value, true);
      continue;
    }
    const [least, most] = RANGES[field.layout.kind];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new GpuError(`struct ${layout.name}: "${field.name}" is of type ${field.layout.kind}, got ${value}`);
    }
    view.setUint32(at, value, true); // two's complement for i32
  }
}

/** The bytes of one struct. */
export function encodeStruct(layout: StructLayout, values: StructValues): ArrayBuffer {
  const bytes = new ArrayBuffer(layout.size);
  writeStruct(new DataView(bytes), 0, layout, values);
  return bytes;
}
