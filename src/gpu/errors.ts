/** An error of the GPU layer: a shader that does not compile, a buffer that does not fit a kernel, a device that failed. */
export class GpuError extends Error {
  override readonly name = "GpuError";
}
