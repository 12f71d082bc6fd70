/**
 * WebGPU's flag constants. A browser has them as globals; the Dawn bindings hand out theirs only with the native library
 * loaded. The numbers are fixed by the specification (https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage and on).
 */
const CONSTANTS = {
  GPUBufferUsage: {
    MAP_READ: 0x1,
    MAP_WRITE: 0x2,
    COPY_SRC: 0x4,
    COPY_DST: 0x8,
    INDEX: 0x10,
    VERTEX: 0x20,
    UNIFORM: 0x40,
    STORAGE: 0x80,
    INDIRECT: 0x100,
    QUERY_RESOLVE: 0x200,
  },
  GPUMapMode: { READ: 0x1, WRITE: 0x2 },
  GPUShaderStage: { VERTEX: 0x1, FRAGMENT: 0x2, COMPUTE: 0x4 },
} as const;

/**
 * Gives Node the constants that a browser has as globals, so that code for both may spell them the standard way. Names
 * already taken are left alone, and so is `navigator`: a GPU held by it would keep Node's process from ending.
 */
export function defineGpuConstants(target: object = globalThis): void {
  for (const [name, value] of Object.entries(CONSTANTS)) {
    if (name in target) continue;
    Object.defineProperty(target, name, { value: Object.freeze(value), writable: true, configurable: true });
  }
}
