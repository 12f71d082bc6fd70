import { ResourceType, type TypeInfo, WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import { GpuError } from "./errors.ts";

/** The layout of a WGSL value in a buffer, in bytes, as WGSL's alignment rules give it. */
export type Layout = ScalarLayout | StructLayout;

export interface ScalarLayout {
  readonly kind: "f32" | "u32" | "i32";
  readonly size: 4;
}

export interface StructLayout {
  readonly kind: "struct";
  readonly name: string;
  readonly size: number;
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly layout: Layout }[];
}

/** One `@group(G) @binding(B) var` of a shader. */
export interface BindingInfo {
  readonly name: string;
  readonly group: number;
  readonly binding: number;
  readonly type: "uniform" | "storage" | "read-only-storage";
  /** Least bytes that a bound buffer must hold: the struct, or one element of a runtime-sized array. */
  readonly minBytes: number;
  /** Bytes of one element where the variable is a runtime-sized array; its bound buffer holds a whole number of them. */
  readonly elementBytes?: number;
  /** Layout of the struct, or of the array's element, where host code writes it. */
  readonly layout?: Layout;
}

export interface Reflection {
  readonly bindings: readonly BindingInfo[];
  readonly entries: readonly { readonly name: string; readonly workgroupSize: readonly [number, number, number] }[];
}

/**
 * Reads bindings, layouts and entry points off WGSL source. This is the only user of wgsl_reflect.
 * @param code a whole module
 * @param what names the module in errors
 */
export function reflectShader(code: string, what: string): Reflection {
  const parsed = parse(code, what);
  const bindings = parsed
    .getBindGroups()
    .flat()
    .filter((variable) => variable !== undefined)
    .map((variable): BindingInfo => {
      const { name, group, binding, type } = variable;
      const element = type.isArray ? ((type as { format?: TypeInfo }).format ?? type) : type;
      const layout = layoutOf(element);
      return {
        name,
        group,
        binding,
        type:
          variable.resourceType === ResourceType.Uniform
            ? "uniform"
            : variable.access === "read_write"
              ? "storage"
              : "read-only-storage",
        minBytes: type.isArray ? (type as { stride?: number }).stride || element.size : variable.size,
        ...(type.isArray ? { elementBytes: (type as { stride?: number }).stride || element.size } : {}),
        ...(layout ? { layout } : {}),
      };
    });
  const entries = parsed.entry.compute.map((entry) => {
    const [x = 1, y = 1, z = 1] = (entry as { workgroupSize?: number[] }).workgroupSize ?? [];
    return { name: entry.name, workgroupSize: [x, y, z] as const };
  });
  return { bindings, entries };
}

/** The layout of a struct that a shader declares, by its name, for host code that writes it. */
export function reflectStruct(code: string, struct: string): StructLayout {
  const info = parse(code, struct).structs.find((s) => s.name === struct);
  const layout = info && layoutOf(info);
  if (layout?.kind !== "struct") throw new GpuError(`no struct ${struct} of scalars in the given WGSL`);
  return layout;
}

function parse(code: string, what: string): WgslReflect {
  try {
    return new WgslReflect(code);
  } catch (cause) {
    // wgsl_reflect's own message may carry the whole source behind its first line.
    const reason = String((cause as Error).message)
      .split("\n")[0]
      ?.slice(0, 200);
    throw new GpuError(`${what}: wgsl_reflect cannot parse it: ${reason}`, { cause });
  }
}

function layoutOf(type: TypeInfo): Layout | undefined {
  if (type.isStruct) {
    const members = (type as { members?: { name: string; offset: number; type: TypeInfo }[] }).members ?? [];
    const fields = members.map(({ name, offset, type }) => ({ name, offset, layout: layoutOf(type) }));
    if (fields.some((field) => !field.layout)) return undefined; // vectors and arrays: nothing here writes those by name
    return { kind: "struct", name: type.name, size: type.size, fields: fields as StructLayout["fields"] };
  }
  if (type.name === "f32" || type.name === "u32" || type.name === "i32") return { kind: type.name, size: 4 };
  return undefined;
}
