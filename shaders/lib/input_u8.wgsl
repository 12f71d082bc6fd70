// A dense layer's input straight from the data set, gathered and normalised in the load: pixel * scale + shift.
// images [N, ceil(k / 4)] words of four u8, order [P or 1, samples] with one sample index a batch row.
// Same functions as input_f32.wgsl. Where k is no multiple of 4 the pads are not 0 but whatever the word's spare
// bytes hold: harmless, as pads of weights are 0 and the weight gradient writes 0 there.

@group(1) @binding(0) var<storage, read> images: array<u32>;
@group(1) @binding(1) var<storage, read> order: array<u32>;

// Where a batch row starts, in words.
fn x_row(member: u32, row: u32) -> u32 {
  return order[member * step.order_stride + step.first_row + row] * shape.k4;
}

// Elements 4 * k4 to 4 * k4 + 3 of the row that starts at `start`.
fn load_x4(start: u32, k4: u32) -> vec4<f32> {
  // Faster than shifts by a vector, which software adapters do lane by lane.
  return unpack4x8unorm(images[start + k4]) * (255.0 * shape.scale) + shape.shift;
}
